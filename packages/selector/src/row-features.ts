import * as tf from '@tensorflow/tfjs-core';
import {
  attendWithin,
  type Batch,
  batchInputs,
  bindTensors,
  finalNorm,
  hiddenStates,
  type LlamaConfig,
  plainPositions,
  rowLosses,
  type TokenizedRow,
} from '@pharmacist/language-model';
import { float32, floats, type Program } from '@pharmacist/tensor-kernels';
import { rowBatches } from './row-batches.ts';
import type { SelectionContext } from './selector.ts';

/** Mean final hidden state over the prompt's and over the answer's tokens, f32 [B, D] each, and summed losses f32 [B]. */
function featureProgram(config: LlamaConfig): Program {
  return (inputs) => {
    const tensors = bindTensors(config, inputs, 0);
    const [batchSize, length] = inputs['inputIds']!.shape as [number, number];
    const hidden = hiddenStates(tensors, inputs['inputIds']!, plainPositions(batchSize, length), attendWithin(config, length));
    const states = tf.reshape(finalNorm(tensors, hidden), [batchSize, length, config.hiddenSize]);
    const mean = (name: string) =>
      tf.reshape(tf.matMul(tf.reshape(inputs[name]!, [batchSize, 1, length]), states), [batchSize, config.hiddenSize]);
    return { prompt: mean('promptShares'), answer: mean('answerShares'), rowLosses: rowLosses(tensors, inputs) };
  };
}

/**
 * Features of rows under the base model, one forward pass: [mean prompt state, mean answer state, mean loss, log answer length], f64 [2 D + 2].
 * Rows without targets have none (undefined).
 */
export async function rowFeatures(
  rows: readonly TokenizedRow[],
  context: SelectionContext,
  phase: string,
): Promise<(Float64Array | undefined)[]> {
  const { model } = context;
  const size = model.config.hiddenSize;
  const program = model.function('features', () => model.engine.compile('row features', featureProgram(model.config)));
  const features: (Float64Array | undefined)[] = Array.from({ length: rows.length });
  for (const { batch, indices, done } of rowBatches(rows, context)) {
    const members = indices.map((index) => rows[index]!);
    const outputs = await program.run({
      ...model.inputs,
      ...batchInputs(batch, new Float32Array(batch.batchSize)),
      ...spanShares(batch, members),
    });
    const [prompt, answer, losses] = [floats(outputs['prompt']!), floats(outputs['answer']!), floats(outputs['rowLosses']!)];
    indices.forEach((index, b) => {
      const count = batch.rowTargetCounts[b]!;
      const states = [...prompt.subarray(b * size, (b + 1) * size), ...answer.subarray(b * size, (b + 1) * size)];
      features[index] = Float64Array.from([...states, losses[b]! / count, Math.log(count)]);
    });
    context.count('forward', 1, indices.length);
    context.reporter.progress({ phase, done, total: rows.length, unit: 'rows' });
  }
  return features;
}

/** Averaging weights f32 [B, T] over each row's prompt tokens and over its answer tokens. */
function spanShares({ batchSize, sequenceLength }: Batch, rows: readonly TokenizedRow[]) {
  const prompt = new Float32Array(batchSize * sequenceLength);
  const answer = new Float32Array(batchSize * sequenceLength);
  rows.forEach(({ inputIds, numPromptTokens }, b) => {
    const start = b * sequenceLength;
    prompt.fill(1 / Math.max(1, numPromptTokens), start, start + numPromptTokens);
    answer.fill(1 / (inputIds.length - numPromptTokens), start + numPromptTokens, start + inputIds.length);
  });
  const shape = [batchSize, sequenceLength];
  return { promptShares: float32(shape, prompt), answerShares: float32(shape, answer) };
}
