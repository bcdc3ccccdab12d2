import * as tf from '@tensorflow/tfjs-core';
import {
  adapterTensors,
  batchConstants,
  batchInputs,
  bindTensors,
  finalNorm,
  finishLogits,
  hiddenStates,
  type ModelConfig,
  type LoraAdapter,
  outputEmbedding,
  type TokenizedRow,
} from '@pharmacist/language-model';
import { floats, type Program } from '@pharmacist/tensor-kernels';
import { finite } from '../mean-losses.ts';
import { type AdapterMeta, adapterOf, adapterState } from '../row-maps/adapter-state.ts';
import { mapRows } from '../row-maps/map-rows.ts';
import type { RowMap, ValueForm } from '../row-maps/row-map.ts';
import type { SelectionContext } from '../selector.ts';

/** Positions whose logits exist at once. */
const CHUNK_ROWS = 512;

/**
 * |softmax(z) - onehot(t)|_2 for z = hidden E^T, scaled and capped as the model does it, and the negative log-likelihood of t in nats, f32 [N] each:
 *   |p - y|^2 = sum p^2 - 2 p_t + 1
 * The three terms cancel where p_t is near 1: there a norm below 3e-4 is rounding.
 * @param hidden f32 [N, D]. @param embedding f32 [V, D]. @param targets i32 [N]. @param finish makes logits of products, element by element.
 */
export function errorNorms(
  hidden: tf.Tensor,
  embedding: tf.Tensor,
  targets: tf.Tensor,
  finish: (products: tf.Tensor) => tf.Tensor = (products) => products,
): { norms: tf.Tensor; losses: tf.Tensor } {
  const [length, size] = hidden.shape as [number, number];
  const norms: tf.Tensor[] = [];
  const losses: tf.Tensor[] = [];
  for (let start = 0; start < length; start += CHUNK_ROWS) {
    const count = Math.min(CHUNK_ROWS, length - start);
    const part = tf.slice(hidden, [start, 0], [count, size]);
    const target = tf.gather(embedding, tf.slice(targets, [start], [count]) as tf.Tensor1D);
    const logits = finish(tf.matMul(part, embedding, false, true));
    const normaliser = tf.logSumExp(logits, 1, true);
    const loss = tf.sub(tf.reshape(normaliser, [count]), finish(tf.sum(tf.mul(part, target), 1)));
    const squares = tf.sum(tf.exp(tf.mul(tf.sub(logits, normaliser), 2)), 1);
    const squaredNorm = tf.add(tf.sub(squares, tf.mul(tf.exp(tf.neg(loss)), 2)), 1);
    norms.push(tf.sqrt(tf.relu(squaredNorm)));
    losses.push(loss);
  }
  return { norms: tf.concat(norms), losses: tf.concat(losses) };
}

/** Sums over each row's targets, f32 [B]: `norms` of the errors, and `losses`. */
function errorNormProgram(config: ModelConfig, loraScale: number): Program {
  return (inputs) => {
    const tensors = bindTensors(config, inputs, loraScale);
    const { positions, attend } = batchConstants(config, inputs);
    const hidden = hiddenStates(tensors, inputs['inputIds']!, positions, attend);
    const predicting = finalNorm(tensors, tf.gather(hidden, inputs['targetPositions'] as tf.Tensor1D));
    const { norms, losses } = errorNorms(predicting, outputEmbedding(tensors), inputs['targetIds']!, (products) =>
      finishLogits(config, products),
    );
    const perRow = (values: tf.Tensor) =>
      tf.unsortedSegmentSum(tf.mul(values, inputs['targetWeights']!), inputs['targetRows'] as tf.Tensor1D, inputs['inputIds']!.shape[0]!);
    return { norms: perRow(norms), losses: perRow(losses) };
  };
}

const column: ValueForm = { type: 'f64', each: 1 };

/** EL2N and mean loss of a row under the model with an adapter. */
export const errorNormMap: RowMap<{ readonly adapter: AdapterMeta }> = {
  name: 'error norms',
  passes: ['forward'],
  forms: () => ({ el2n: column, loss: column }),
  open(model, { meta, arrays }, phase) {
    const adapter = adapterOf(meta.adapter, arrays);
    const program = model.function(`error norms ${adapter.scale}`, () =>
      model.engine.compile('error norms', errorNormProgram(model.config, adapter.scale)),
    );
    const fixed = { ...model.inputs, ...adapterTensors(adapter) };
    return {
      async read({ batch, rows }) {
        const outputs = await program.run({ ...fixed, ...batchInputs(batch, new Float32Array(batch.batchSize)) });
        const [norms, losses] = [floats(outputs['norms']!), floats(outputs['losses']!)];
        const meanOf = (sums: Float32Array, b: number, what: string) => [finite(sums[b]! / batch.rowTargetCounts[b]!, what, phase)];
        return rows.map((_, b) => ({ el2n: meanOf(norms, b, 'error norm'), loss: meanOf(losses, b, 'loss') }));
      },
    };
  },
};

/**
 * EL2N and mean loss of each row under the model with an adapter, f64 [N] each; NaN for rows without targets. One forward pass.
 * @throws {NumericError}
 */
export async function meanErrorNorms(
  context: SelectionContext,
  { adapter, ...pass }: { adapter: LoraAdapter; rows: readonly TokenizedRow[]; name: string; phase: string },
): Promise<{ el2n: Float64Array; loss: Float64Array }> {
  const { meta, arrays } = adapterState(adapter);
  const values = await mapRows(context, pass, errorNormMap, { parameters: { meta: { adapter: meta }, arrays } });
  return values.arrays as { el2n: Float64Array; loss: Float64Array };
}
