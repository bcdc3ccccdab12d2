import type { Engine, EngineInput } from '@pharmacist/tensor-kernels';

/** What an engine was asked to hold at once. */
export class EngineCounts {
  runsInFlight = 0;
  mostRunsInFlight = 0;
  /** Rows of the largest batch. */
  mostRows = 0;
  mostResidentTensors = 0;
}

/** The engine itself, counted. */
export function countingEngine(inner: Engine): { engine: Engine; counts: EngineCounts } {
  const counts = new EngineCounts();
  const see = (inputs: Readonly<Record<string, EngineInput>>) => {
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
      return {
        name,
        cost: async (inputs) => await compiled.cost(inputs),
        run: async (inputs, options) => {
          see(inputs);
          try {
            return await compiled.run(inputs, options);
          } finally {
            counts.runsInFlight--;
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
