import { createAdapter, expectedShapes, factorNames, readModelConfig, rotaryTables } from '@pharmacist/language-model';
import { bilevelConfig, directionInput, influenceProgram } from '@pharmacist/selector';
import { estimateProgram, type Shape, sizeOf } from '@pharmacist/tensor-kernels';

/** What one step of a selection needs with a model; bytes are estimates. */
export interface SelectionEstimate {
  readonly numParameters: number;
  /** The weights as f32, which is how they are computed with. */
  readonly weightBytes: number;
  /** Intermediate values of the largest step: influences of a full batch of the longest rows, half of their tokens answers. */
  readonly activationBytes: number;
  readonly totalBytes: number;
  readonly gflopPerStep: number;
  readonly batchSize: number;
  readonly maxLength: number;
}

/** Node, the program itself and ONNX Runtime before a model is loaded, as measured. */
const PROGRAM_BYTES = 250e6;

/** Reads config.json only: the program of a step is traced with shapes, nothing is computed. */
export async function estimateSelection(
  modelDir: string,
  { batchSize, maxLength }: { batchSize: number; maxLength: number },
): Promise<SelectionEstimate> {
  const config = await readModelConfig(modelDir);
  const { loraRank, loraAlpha, influences } = bilevelConfig.parse({});
  const adapter = createAdapter(config, { rank: loraRank, alpha: loraAlpha }, 0);
  const factors = [...adapter.factors].flatMap(([module, { a, b }]) => [
    { name: factorNames(module).a, shape: a.shape },
    { name: factorNames(module).b, shape: b.shape },
  ]);
  const directions = [
    'validation',
    ...(influences.includes('pool') ? ['pool'] : []),
    ...(influences.includes('contrast') ? ['harmful'] : []),
  ];
  const shapes = expectedShapes(config);
  const numTargets = Math.ceil((batchSize * maxLength) / 2);
  const f32 = (shape: Shape) => ({ shape, dtype: 'float32' as const });
  const i32 = (shape: Shape) => ({ shape, dtype: 'int32' as const });
  const inputs = {
    ...Object.fromEntries([...shapes].map(([name, shape]) => [name, f32(shape)])),
    ...Object.fromEntries(Object.entries(rotaryTables(config, maxLength)).map(([name, { shape }]) => [name, f32(shape)])),
    ...Object.fromEntries(factors.map(({ name, shape }) => [name, f32(shape)])),
    ...Object.fromEntries(
      directions.flatMap((direction) => factors.map(({ name, shape }) => [directionInput(direction, name), f32(shape)])),
    ),
    inputIds: i32([batchSize, maxLength]),
    targetPositions: i32([numTargets]),
    targetIds: i32([numTargets]),
    targetWeights: f32([numTargets]),
    targetRows: i32([numTargets]),
    rowWeights: f32([batchSize]),
  };
  const program = influenceProgram(
    config,
    adapter.scale,
    factors.map(({ name }) => name),
    directions,
  );
  const { peakActivationBytes, matMulFlops } = await estimateProgram('row influences', program, inputs);
  const numParameters = [...shapes.values()].reduce((sum, shape) => sum + sizeOf(shape), 0);
  const weightBytes = 4 * numParameters;
  return {
    numParameters,
    weightBytes,
    activationBytes: peakActivationBytes,
    totalBytes: PROGRAM_BYTES + weightBytes + peakActivationBytes,
    gflopPerStep: matMulFlops / 1e9,
    batchSize,
    maxLength,
  };
}
