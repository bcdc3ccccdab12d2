import {
  adapterTensors,
  batchInputs,
  collate,
  createAdapter,
  expectedShapes,
  gradientProgram,
  rotaryTables,
  tokenMeanWeights,
} from '@pharmacist/language-model';
import { estimateProgram, type InputType, sizeOf } from '@pharmacist/tensor-kernels';
import { namedConfig } from './shapes.ts';

const RANK = 8;

/**
 * Bytes of a LoRA step on an accelerator by class, without one: frozen matrices in bfloat16, the vectors of factors, gradients and moments in f32,
 * and what is alive at once between operations, in the order of the graph. XLA took a fifth more on an H200 (8B: 46.0 GB measured).
 */
export async function planStage(shape: string, batchSize: number, length: number): Promise<Record<string, unknown>> {
  const config = namedConfig(shape);
  const shapes = [...expectedShapes(config)];
  const weightBytes = shapes.reduce((sum, [, dims]) => sum + sizeOf(dims) * (dims.length > 1 ? 2 : 4), 0);
  const adapter = createAdapter(config, { rank: RANK, alpha: 2 * RANK }, 0);
  const factors = adapterTensors(adapter);
  const trained = Object.values(factors).reduce((sum, { data }) => sum + data.length, 0);
  const rows = Array.from({ length: batchSize }, () => ({
    inputIds: new Int32Array(length),
    numPromptTokens: 1,
    truncated: false,
    hasTargets: true,
  }));
  const batch = collate(rows, { batchSize, padId: 0, lengthBuckets: [length] });
  const inputs: Record<string, InputType> = {
    ...Object.fromEntries(shapes.map(([name, dims]) => [name, { shape: dims, dtype: 'float32' as const }])),
    ...factors,
    ...batchInputs(batch, tokenMeanWeights(batch)),
    ...rotaryTables(config, length),
  };
  const program = gradientProgram(config, adapter.scale, Object.keys(factors));
  const { peakActivationBytes, matMulFlops, numNodes } = await estimateProgram('step', program, inputs, 'pjrt');
  const vectorBytes = 4 * 4 * trained;
  const totalBytes = weightBytes + vectorBytes + peakActivationBytes;
  return { shape, batchSize, length, weightBytes, vectorBytes, activationBytes: peakActivationBytes, totalBytes, matMulFlops, numNodes };
}
