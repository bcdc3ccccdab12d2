import {
  adapterTensors,
  AdapterProgram,
  batchInputs,
  collate,
  createAdapter,
  gradientProgram,
  ResidentParameters,
  ResidentUpdater,
  tokenMeanWeights,
} from '@pharmacist/language-model';
import { floats, PjrtEngine } from '@pharmacist/tensor-kernels';
import { fillFactor, hashed, uploadHashedWeights } from './hashed-weights.ts';
import { quantile } from '../statistics.ts';
import { namedConfig } from './shapes.ts';

export interface StepStageOptions {
  readonly shape: string;
  readonly batchSize: number;
  readonly length: number;
  readonly steps: number;
  readonly precision?: 'float32' | 'bfloat16';
}

const RANK = 8;
const LEARNING_RATE = 1e-4;

/** LoRA steps of a model of a public shape: what loading, compiling and one step take, and the losses, which PyTorch must repeat. */
export async function stepStage({ shape, batchSize, length, steps, precision }: StepStageOptions): Promise<Record<string, unknown>> {
  const since = stopwatch();
  const engine = await PjrtEngine.start({ ...(precision && { precision }), cache: false });
  const startSeconds = since();
  try {
    const config = namedConfig(shape);
    const weights = await uploadHashedWeights(engine, config, length);
    const loadSeconds = since();
    const adapter = createAdapter(config, { rank: RANK, alpha: 2 * RANK }, 0);
    [...adapter.factors.values()].forEach(({ a }, module) => fillFactor(a, module));
    const parameters = new Map(Object.entries(adapterTensors(adapter)).map(([name, tensor]) => [name, floats(tensor)]));
    adapter.resident = await ResidentParameters.create(engine, adapterTensors(adapter));
    const updater = await ResidentUpdater.create(engine, adapter.resident, {
      parameters,
      optimizer: { weightDecay: 0 },
      maxGradientNorm: 1,
    });
    const program = new AdapterProgram(engine, 'gradient', gradientProgram(config, adapter.scale, [...parameters.keys()]));
    const rows = Array.from({ length: batchSize }, (_, row) => ({
      inputIds: Int32Array.from({ length }, (_token, t) => Math.floor((hashed(row * length + t) + 0.5) * config.vocabSize)),
      numPromptTokens: 1,
      truncated: false,
      hasTargets: true,
    }));
    const batch = collate(rows, { batchSize, padId: 0, lengthBuckets: [length] });
    const inputs = { ...weights, ...batchInputs(batch, tokenMeanWeights(batch)) };
    const losses: number[] = [];
    const seconds: number[] = [];
    const norms: number[] = [];
    since();
    for (let step = 0; step < steps; step++) {
      const { outputs, ...gradients } = await program.run(adapter, inputs);
      norms.push(await updater.update(gradients, LEARNING_RATE));
      losses.push(floats(outputs['loss']!)[0]!);
      seconds.push(since());
    }
    const memory = await engine.memory();
    return {
      shape,
      batchSize,
      length,
      device: engine.device.deviceKind,
      precision: engine.precision,
      startSeconds,
      loadSeconds,
      firstStepSeconds: seconds[0],
      stepSeconds: quantile(seconds.slice(2), 0.5),
      allSeconds: seconds,
      weightBytes: engine.usage().residentBytes,
      peakBytes: memory?.peakBytesInUse,
      losses,
      norms,
    };
  } finally {
    await engine.dispose();
  }
}

/** Seconds since it was last asked. */
export function stopwatch(): () => number {
  let last = performance.now();
  return () => {
    const now = performance.now();
    const seconds = (now - last) / 1000;
    last = now;
    return seconds;
  };
}
