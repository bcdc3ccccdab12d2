// Every kernel with its gradients on the device of a PJRT plugin, in f32, against the eager reference on the CPU: one line of JSON. tooling/gpu packs
// it for machines with a card; on others PHARMACIST_PJRT_PLUGIN names the CPU plugin.
import { createEngine, type Engine, type HostTensor, PjrtEngine, type Program } from '@pharmacist/tensor-kernels';
import { programOf } from './differentiate.ts';
import { KERNEL_CASES } from './kernel-cases.ts';

/** Cases in one program: compiling is most of the time. */
const CHUNK = 40;

/** The tolerance of the parity suite (docs/numerics.md): |got - expected| <= ATOL + RTOL |expected|; errors are given as shares of it. */
const RTOL = 1e-4;
const ATOL = 1e-5;

async function deviceParity(): Promise<Record<string, unknown>> {
  const device = await PjrtEngine.start({ precision: 'float32', cache: false });
  const { engine: reference } = await createEngine({ name: 'tfjs-cpu' });
  const errors: { title: string; error: number }[] = [];
  try {
    for (let start = 0; start < KERNEL_CASES.length; start += CHUNK) {
      const cases = KERNEL_CASES.slice(start, start + CHUNK);
      const inputs = Object.fromEntries(
        cases.flatMap((testCase, i) => Object.entries(testCase.inputs).map(([name, tensor]) => [`${i} ${name}`, tensor] as const)),
      );
      const [got, expected] = await Promise.all([run(device, cases, inputs), run(reference, cases, inputs)]);
      cases.forEach(({ file, title }, i) => errors.push({ title: `${file}: ${title}`, error: worst(got, expected, `${i} `) }));
    }
  } finally {
    await device.dispose();
    await reference.dispose();
  }
  const failed = errors.filter(({ error }) => !(error <= 1));
  const largest = errors.reduce((a, b) => (b.error > a.error ? b : a));
  return { device: device.device.deviceKind, cases: errors.length, equal: errors.length - failed.length, largest, failed };
}

async function run(engine: Engine, cases: typeof KERNEL_CASES, inputs: Record<string, HostTensor>): Promise<Record<string, HostTensor>> {
  const programs = cases.map(programOf);
  const joined: Program = (tensors) =>
    Object.fromEntries(
      programs.flatMap((program, i) => {
        const own = Object.entries(tensors).filter(([name]) => name.startsWith(`${i} `));
        const outputs = program(Object.fromEntries(own.map(([name, tensor]) => [name.slice(`${i} `.length), tensor])));
        return Object.entries(outputs).map(([name, tensor]) => [`${i} ${name}`, tensor] as const);
      }),
    );
  return await engine.compile('cases', joined).run(inputs);
}

function worst(got: Record<string, HostTensor>, expected: Record<string, HostTensor>, prefix: string): number {
  let error = 0;
  for (const [name, { data }] of Object.entries(expected)) {
    if (!name.startsWith(prefix)) continue;
    data.forEach((value: number, i: number) => {
      const difference = Math.abs(got[name]!.data[i]! - value) / (ATOL + RTOL * Math.abs(value));
      error = Number.isNaN(difference) ? Infinity : Math.max(error, difference);
    });
  }
  return error;
}

process.stdout.write(`${JSON.stringify({ stage: 'parity', ...(await deviceParity()) })}\n`);
