import type { Engine, EngineInput, HostTensor } from '@pharmacist/tensor-kernels';

/** What an engine was asked for, and to hold at once. */
export class EngineCounts {
  runs = 0;
  runsInFlight = 0;
  mostRunsInFlight = 0;
  /** Rows of the largest batch. */
  mostRows = 0;
  mostResidentTensors = 0;
}

/**
 * A counting stub: of each program and signature one run is real, and every later one is answered with a copy of what that gave. A pool of any size
 * then costs what the method itself does about its rows, and what it keeps of the outputs is memory that can be seen.
 * @param onRun called after each run with the number of runs so far.
 */
export function stubEngine(inner: Engine, onRun: (numRuns: number) => void = () => undefined): { engine: Engine; counts: EngineCounts } {
  const counts = new EngineCounts();
  const see = (inputs: Readonly<Record<string, EngineInput>>) => {
    counts.runs++;
    counts.runsInFlight++;
    counts.mostRunsInFlight = Math.max(counts.mostRunsInFlight, counts.runsInFlight);
    counts.mostResidentTensors = Math.max(counts.mostResidentTensors, inner.usage().residentTensors);
    const { inputIds } = inputs;
    if (inputIds !== undefined) counts.mostRows = Math.max(counts.mostRows, inputIds.shape[0]!);
  };
  const engine: Engine = {
    name: inner.name,
    description: inner.description,
    versions: inner.versions,
    compile: (name, program) => {
      const compiled = inner.compile(name, program);
      const answers = new Map<string, Record<string, HostTensor>>();
      return {
        name,
        cost: async (inputs) => await compiled.cost(inputs),
        run: async (inputs, options) => {
          see(inputs);
          try {
            const signature = signatureOf(inputs);
            const answer = answers.get(signature) ?? (await compiled.run(inputs, options));
            answers.set(signature, answer);
            return structuredClone(answer);
          } finally {
            counts.runsInFlight--;
            onRun(counts.runs);
          }
        },
      };
    },
    upload: async (tensor, options) => await inner.upload(tensor, options),
    zeros: async (shape, dtype) => await inner.zeros(shape, dtype),
    download: async (tensor) => await inner.download(tensor),
    usage: () => inner.usage(),
    dispose: async () => await inner.dispose(),
  };
  return { engine, counts };
}

function signatureOf(inputs: Readonly<Record<string, EngineInput>>): string {
  return Object.entries(inputs)
    .map(([name, { shape }]) => `${name} ${shape.join()}`)
    .join(' ');
}
