import * as tf from '@tensorflow/tfjs-core';
import { MICROSOFT_DOMAIN } from '../graph/graph.ts';
import { defineKernel, type Kernel } from './kernel.ts';

/**
 * Rotary position embedding (Su et al. 2021, section 3.4) in the half-split form of Llama: with x = [a, b] split in the middle of a head,
 * y = [a cos - b sin, b cos + a sin]. The gradient is the rotation by the opposite angle.
 */
const kernel: Kernel<{ inverse: boolean }> = defineKernel<{ inverse: boolean }>({
  name: 'Rotary',
  lower: (graph, { x, positions, cos, sin }, { inverse }) => {
    const sine = inverse ? graph.unary('Neg', sin!) : sin!;
    return graph.one(
      'RotaryEmbedding',
      [x, graph.cast(positions!, 'int64'), cos, sine],
      { interleaved: { int: 0 } },
      x!.shape,
      'float32',
      MICROSOFT_DOMAIN,
    );
  },
  compose: ({ x, positions, cos, sin }, { inverse }) => {
    const [batch, , length, size] = x!.shape as [number, number, number, number];
    const half = size / 2;
    const table = (rows: tf.Tensor) =>
      tf.reshape(tf.gather(rows, tf.reshape(positions!, [batch * length]) as tf.Tensor1D), [batch, 1, length, half]);
    const c = table(cos!);
    const s = inverse ? tf.neg(table(sin!)) : table(sin!);
    const a = tf.slice(x!, [0, 0, 0, 0], [-1, -1, -1, half]);
    const b = tf.slice(x!, [0, 0, 0, half], [-1, -1, -1, half]);
    return tf.concat([tf.sub(tf.mul(a, c), tf.mul(b, s)), tf.add(tf.mul(b, c), tf.mul(a, s))], 3);
  },
  gradient: {
    saveInputs: ['positions', 'cos', 'sin'],
    compute: (dy, [positions, cos, sin], { inverse }) => ({
      x: () => kernel.run({ x: dy, positions: positions!, cos: cos!, sin: sin! }, { inverse: !inverse })[0]!,
    }),
  },
});

/** Cosines and sines of the rotation angles, f32 [C, R / 2] each: row t belongs to position t. */
export interface RotaryTables {
  readonly cos: tf.Tensor;
  readonly sin: tf.Tensor;
}

/**
 * @param x f32 [B, H, T, headDim]. @param positions i32 [B, T], each below C. @param tables of angles; where R is less than headDim, only the
 * first R dimensions of a head are turned. @returns f32 [B, H, T, headDim].
 */
export function rotary(x: tf.Tensor, positions: tf.Tensor, { cos, sin }: RotaryTables): tf.Tensor {
  const turned = 2 * cos.shape[1]!;
  const size = x.shape[3]!;
  if (turned === size) return kernel.run({ x, positions, cos, sin }, { inverse: false })[0]!;
  const part = (start: number, width: number) => tf.slice(x, [0, 0, 0, start], [-1, -1, -1, width]);
  return tf.concat([rotary(part(0, turned), positions, { cos, sin }), part(turned, size - turned)], 3);
}
