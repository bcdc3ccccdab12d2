import * as tf from '@tensorflow/tfjs-core';
import { plainPositions } from './attend.ts';
import { dynamicAngles } from './dynamic-angles.ts';
import { type RotaryKind, TABLE_ROWS } from './rotary-tables.ts';
import type { Angles, ModelTensors } from './tensors.ts';

/**
 * The angles at positions i32 [B, T]. A sequence that fits into the table is known by its length; of a single token or a longer sequence the
 * angle is that of the multiple of TABLE_ROWS below it and that of the rest, added: position p < TABLE_ROWS gets the very numbers of its row.
 *   cos(a + b) = cos a cos b - sin a sin b,  sin(a + b) = sin a cos b + cos a sin b
 */
export function anglesAt(tensors: ModelTensors, kind: RotaryKind, positions: tf.Tensor): Angles {
  const { ropeScaling } = (kind === 'local' ? tensors.config.localRope : undefined) ?? tensors.config;
  const length = positions.shape[1]!;
  if (ropeScaling?.type === 'dynamic' && (length === 1 || length > ropeScaling.originalMaxPositionEmbeddings)) {
    return dynamicAngles(tensors.config, ropeScaling, positions, tableAngles(tensors, kind, positions));
  }
  return tableAngles(tensors, kind, positions);
}

function tableAngles(tensors: ModelTensors, kind: RotaryKind, positions: tf.Tensor): Angles {
  const { cos, sin, coarse } = tensors.rotary(kind);
  const [batchSize, length] = positions.shape as [number, number];
  if (coarse === undefined || (length > 1 && length <= cos.shape[0]!)) return { tables: { cos, sin }, rows: positions };
  const flat = tf.reshape(positions, [batchSize * length]);
  // A product with a power of two is exact, and the cast rounds towards zero.
  const block = tf.cast(tf.mul(tf.cast(flat, 'float32'), 1 / TABLE_ROWS), 'int32') as tf.Tensor1D;
  const rest = tf.sub(flat, tf.mul(block, tf.scalar(TABLE_ROWS, 'int32'))) as tf.Tensor1D;
  const [cosA, sinA] = [tf.gather(coarse.cos, block), tf.gather(coarse.sin, block)];
  const [cosB, sinB] = [tf.gather(cos, rest), tf.gather(sin, rest)];
  const tables = {
    cos: tf.sub(tf.mul(cosA, cosB), tf.mul(sinA, sinB)),
    sin: tf.add(tf.mul(sinA, cosB), tf.mul(cosA, sinB)),
  };
  const rows = tf.reshape(plainPositions(1, batchSize * length), [batchSize, length]);
  return { tables, rows };
}
