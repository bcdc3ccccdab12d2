// The stages of the GPU check, one a process: `node gpu-check.mjs product SIZE | step SHAPE BATCH LENGTH STEPS [PRECISION] |
// plan SHAPE BATCH LENGTH` (the last needs no device).
// Each prints one line of JSON. tooling/gpu packs this for a machine without Node and runs it there.
import { planStage } from './plan-stage.ts';
import { productStage } from './product-stage.ts';
import { SHAPE_NAMES } from './shapes.ts';
import { stepStage } from './step-stage.ts';

const [stage, ...parts] = process.argv.slice(2);

async function result(): Promise<Record<string, unknown>> {
  if (stage === 'product') return await productStage(Number(parts[0]));
  if (stage === 'plan' && SHAPE_NAMES.includes(parts[0] ?? '')) return await planStage(parts[0]!, Number(parts[1]), Number(parts[2]));
  if (stage === 'step' && SHAPE_NAMES.includes(parts[0] ?? '')) {
    const [shape, batchSize, length, steps, precision] = parts as [string, string, string, string, 'float32' | 'bfloat16' | undefined];
    return await stepStage({
      shape,
      batchSize: Number(batchSize),
      length: Number(length),
      steps: Number(steps),
      ...(precision && { precision }),
    });
  }
  throw new Error(`usage: product SIZE | plan SHAPE BATCH LENGTH | step ${SHAPE_NAMES.join('|')} BATCH LENGTH STEPS [float32|bfloat16]`);
}

try {
  process.stdout.write(`${JSON.stringify({ stage, ...(await result()) })}\n`);
} catch (error) {
  // The programs are minified where this runs: a stack would say nothing.
  process.stderr.write(`${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}\n`);
  process.exitCode = 1;
}
