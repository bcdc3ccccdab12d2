import * as tf from '@tensorflow/tfjs-core';
import type { ModelConfig } from '../config.ts';
import type { Rope, RopeScaling } from '../families/model-family.ts';
import { plainPositions } from './attend.ts';
import { rotaryFrequencies } from './rotary-tables.ts';
import type { Angles } from './tensors.ts';

/**
 * Angles of rows of which some may be longer than the model was trained for: their base grows with their length (dynamic NTK scaling, as in
 * transformers' modeling_rope_utils). With M the original length, f the factor, d the dimensions that are turned and L = 1 + the row's last
 * position,
 *   s = max(1, f L / M - (f - 1)),   theta_i = theta^(-2i/d) s^(-2i/(d-2)).
 * A token that is generated is turned by the length so far, and those in the cache stay as they were turned. Where transformers takes the longest row
 * of a batch, and goes on with the longest it has seen, each row has its own length here, so that no text depends on another.
 * @param positions i32 [B, T], those of padding on the left 0.   @param within the angles of rows up to the original length, which keep them to the bit.
 */
export function dynamicAngles(
  config: Rope & Pick<ModelConfig, 'rotaryDim'>,
  { factor, originalMaxPositionEmbeddings: original }: Extract<RopeScaling, { type: 'dynamic' }>,
  positions: tf.Tensor,
  within: Angles,
): Angles {
  const [batchSize, length] = positions.shape as [number, number];
  const numTokens = batchSize * length;
  const frequencies = rotaryFrequencies(config);
  const numAngles = frequencies.length;
  const places = tf.cast(positions, 'float32');
  const rowLengths = tf.add(tf.max(places, 1, true), 1); // [B, 1]
  const stretch = tf.maximum(tf.sub(tf.mul(rowLengths, factor / original), factor - 1), 1);
  const exponents = tf.tensor(
    Float32Array.from({ length: numAngles }, (_, i) => -i / (numAngles - 1)),
    [1, 1, numAngles],
  );
  const stretched = tf.mul(
    tf.tensor(Float32Array.from(frequencies), [1, 1, numAngles]),
    tf.exp(tf.mul(tf.reshape(tf.log(stretch), [batchSize, 1, 1]), exponents)),
  ); // [B, 1, d / 2]
  const angles = tf.reshape(tf.mul(tf.reshape(places, [batchSize, length, 1]), stretched), [numTokens, numAngles]);
  const isBeyond = tf.reshape(tf.tile(tf.greater(rowLengths, original), [1, length]), [numTokens, 1]);
  const rows = tf.reshape(within.rows, [numTokens]) as tf.Tensor1D;
  const chosen = (beyond: tf.Tensor, table: tf.Tensor) => tf.where(tf.tile(isBeyond, [1, numAngles]), beyond, tf.gather(table, rows));
  return {
    tables: { cos: chosen(tf.cos(angles), within.tables.cos), sin: chosen(tf.sin(angles), within.tables.sin) },
    rows: tf.reshape(plainPositions(1, numTokens), [batchSize, length]),
  };
}
