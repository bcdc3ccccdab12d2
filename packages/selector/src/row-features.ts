import * as tf from '@tensorflow/tfjs-core';
import {
  type Batch,
  batchConstants,
  batchInputs,
  bindTensors,
  finalNorm,
  hiddenStates,
  type LlamaConfig,
  rowLosses,
  type TokenizedRow,
} from '@pharmacist/language-model';
import { float32, floats, type Program } from '@pharmacist/tensor-kernels';
import { forwardPass, type RowPass } from './forward-pass.ts';
import { finite } from './mean-losses.ts';
import type { SelectionContext } from './selector.ts';

/** Mean final hidden state over the prompt's and over the answer's tokens, f32 [B, D] each, and summed losses f32 [B]. */
export function featureProgram(config: LlamaConfig): Program {
  return (inputs) => {
    const tensors = bindTensors(config, inputs, 0);
    const [batchSize, length] = inputs['inputIds']!.shape as [number, number];
    // Made once, so that states and losses come from one pass.
    const constants = batchConstants(config, inputs);
    const hidden = hiddenStates(tensors, inputs['inputIds']!, constants.positions, constants.attend);
    const states = tf.reshape(finalNorm(tensors, hidden), [batchSize, length, config.hiddenSize]);
    const mean = (name: string) =>
      tf.reshape(tf.matMul(tf.reshape(inputs[name]!, [batchSize, 1, length]), states), [batchSize, config.hiddenSize]);
    return { prompt: mean('promptShares'), answer: mean('answerShares'), rowLosses: rowLosses(tensors, inputs, undefined, constants) };
  };
}

/** What one forward pass of the base model says about N rows; NaN for rows without targets. */
export interface RowFeatures {
  /** D. */
  readonly hiddenSize: number;
  /** Mean final hidden state over the prompt's tokens (0 where there are none) and over the answer's, f32 [N, D] each. */
  readonly prompt: Float32Array;
  readonly answer: Float32Array;
  /** Mean answer NLL, nats a token, f64 [N]. */
  readonly loss: Float64Array;
}

/** Features of rows, in one forward pass. Memory: 8 D + 8 bytes a row. @throws {NumericError} if a loss is not finite. */
export async function rowFeatures(context: SelectionContext, pass: RowPass): Promise<RowFeatures> {
  const { model } = context;
  const { hiddenSize } = model.config;
  const program = model.function('features', () => model.engine.compile('row features', featureProgram(model.config)));
  const states = () => new Float32Array(pass.rows.length * hiddenSize).fill(NaN);
  const features = { prompt: states(), answer: states(), loss: new Float64Array(pass.rows.length).fill(NaN) };
  await forwardPass(context, pass, features, async ({ batch, indices }) => {
    const members = indices.map((index) => pass.rows[index]!);
    const outputs = await program.run({
      ...model.inputs,
      ...batchInputs(batch, new Float32Array(batch.batchSize)),
      ...spanShares(batch, members),
    });
    const [prompt, answer, losses] = [floats(outputs['prompt']!), floats(outputs['answer']!), floats(outputs['rowLosses']!)];
    indices.forEach((index, b) => {
      features.prompt.set(prompt.subarray(b * hiddenSize, (b + 1) * hiddenSize), index * hiddenSize);
      features.answer.set(answer.subarray(b * hiddenSize, (b + 1) * hiddenSize), index * hiddenSize);
      features.loss[index] = finite(losses[b]! / batch.rowTargetCounts[b]!, 'loss', pass.phase);
    });
  });
  return { hiddenSize, ...features };
}

/** Averaging weights f32 [B, T] over each row's prompt tokens and over its answer tokens. */
export function spanShares({ batchSize, sequenceLength }: Batch, rows: readonly TokenizedRow[]) {
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
