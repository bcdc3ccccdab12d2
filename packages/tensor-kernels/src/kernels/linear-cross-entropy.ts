import * as tf from '@tensorflow/tfjs-core';
import type { RowRange, Value } from '../graph/graph.ts';
import { equalRanges, type GraphBuilder } from '../graph/graph-builder.ts';
import { defineKernel } from './kernel.ts';
import { logSoftmax } from './log-softmax.ts';
import { scaledMatMul } from './scaled-mat-mul.ts';

/** Chunks shorter than this lose more in products that are too small than they save in memory (measured in the prototype of the engine). */
const CHUNK_ROWS = 512;

/** f32 bytes of the output embedding that are taken at a time where memory is that of the process; all of it would be a gigabyte in a large model. */
const PIECE_BYTES = 2 ** 24;

/**
 * Negative log-likelihood of targets under softmax(hidden E^T), without a [N, V] tensor of one-hot targets:
 *   nll_n = logsumexp(z_n) - z_n[t_n],  z = hidden E^T;   dhidden_n = dy_n (softmax(z_n) E - E[t_n])
 *   dE = sum over n of dy_n (softmax(z_n) - onehot(t_n)) hidden_n^T
 * A cap c bounds the logits, z = c t with t = tanh(hidden E^T / c) (Gemma 2, arXiv 2408.00118, section 2); then softmax and onehot in both
 * gradients are multiplied by 1 - t^2.
 *
 * With a long output embedding on the CPU neither the logits nor E are ever there whole: its rows are taken in pieces, and a running maximum m, the sum
 * of exp(z - m) and the mean of E by these weights are corrected by exp(m_old - m_new) (Milakov and Gimelshein 2018, arXiv 1805.02867, algorithm 3).
 *
 * The gradient for `hidden` is made together with the forward pass, chunk by chunk, where the probabilities are at hand; a program that
 * does not ask for it does not compute it.
 */
const kernel = defineKernel<{ softCap: number }>({
  name: 'LinearCrossEntropy',
  lower: (graph, { hidden, weight, targets }, { softCap }) => {
    const [rows, size] = hidden!.shape as [number, number];
    const vocabulary = weight!.shape[0]!;
    const losses = [];
    const gradients = [];
    for (const { start, count } of chunks(rows)) {
      const part = graph.slice(hidden!, [start, 0], [count, size]);
      const index = graph.slice(targets!, [start], [count]);
      if (graph.provider === 'cpu' && 4 * vocabulary * size > PIECE_BYTES) {
        const { loss, gradient } = inPieces(graph, part, weight!, index, softCap);
        losses.push(loss);
        gradients.push(gradient);
        continue;
      }
      const product = graph.matMul(part, weight!, { transposeB: true, alpha: softCap === 0 ? 1 : 1 / softCap });
      const tanh = softCap === 0 ? undefined : graph.unary('Tanh', product);
      const logits = tanh === undefined ? product : graph.binary('Mul', tanh, graph.fill(softCap, [], 'float32'));
      const logProbabilities = graph.one('LogSoftmax', [logits], { axis: { int: 1 } }, [count, vocabulary], 'float32');
      const pick = (values: Value) =>
        graph.one('GatherElements', [values, graph.reshape(index, [count, 1])], { axis: { int: 1 } }, [count, 1], 'float32');
      losses.push(graph.reshape(graph.unary('Neg', pick(logProbabilities)), [count]));
      const probabilities = graph.unary('Exp', logProbabilities);
      const target = graph.one('Gather', [weight, index], { axis: { int: 0 } }, [count, size], 'float32');
      if (tanh === undefined) {
        gradients.push(graph.binary('Sub', graph.matMul(probabilities, weight!), target));
        continue;
      }
      const slopes = graph.binary('Sub', graph.fill(1, [], 'float32'), graph.binary('Mul', tanh, tanh));
      const expected = graph.matMul(graph.binary('Mul', probabilities, slopes), weight!);
      gradients.push(graph.binary('Sub', expected, graph.binary('Mul', target, pick(slopes))));
    }
    return [graph.concat(losses, 0), graph.concat(gradients, 0)];
  },
  compose: ({ hidden, weight, targets }, { softCap }) => {
    const { logProbabilities, slopes } = capped(hidden!, weight!, softCap);
    const oneHot = tf.cast(tf.oneHot(targets as tf.Tensor1D, weight!.shape[0]!), 'float32');
    const losses = tf.neg(tf.sum(tf.mul(logProbabilities, oneHot), -1));
    const errors = tf.sub(tf.exp(logProbabilities), oneHot);
    return [losses, tf.matMul(slopes === undefined ? errors : tf.mul(errors, slopes), weight!)];
  },
  gradient: {
    saveInputs: ['hidden', 'weight', 'targets'],
    saveOutputs: [false, true],
    compute: (dy, [hidden, weight, targets, dHidden], { softCap }) => {
      const [rows, size] = hidden!.shape as [number, number];
      return {
        hidden: () => tf.mul(dHidden!, tf.reshape(dy, [rows, 1])),
        weight: () => {
          // The same slices and products as in the forward pass: in a traced graph they are the same nodes.
          const vocabulary = weight!.shape[0]!;
          const observed: tf.Tensor[] = [];
          const expected = chunks(rows).map(({ start, count }) => {
            const part = tf.slice(hidden!, [start, 0], [count, size]);
            const scaled = tf.mul(part, tf.reshape(tf.slice(dy, [start], [count]), [count, 1]));
            const { logProbabilities, slopes } = capped(part, weight!, softCap);
            const probabilities = tf.exp(logProbabilities);
            if (slopes !== undefined) {
              const index = tf.slice(targets!, [start], [count]) as tf.Tensor1D;
              const isTarget = tf.cast(tf.oneHot(index, vocabulary), 'float32');
              observed.push(tf.mul(scaled, tf.sum(tf.mul(slopes, isTarget), -1, true)));
            } else observed.push(scaled);
            return tf.matMul(slopes === undefined ? probabilities : tf.mul(probabilities, slopes), scaled, true, false);
          });
          const seen = tf.unsortedSegmentSum(tf.concat(observed, 0), targets as tf.Tensor1D, vocabulary);
          return tf.sub(expected.length === 1 ? expected[0]! : tf.addN(expected), seen);
        },
      };
    },
  },
});

/** Log-probabilities f32 [N, V], and with a cap the slopes 1 - t^2 of the logits by their products. */
function capped(hidden: tf.Tensor, weight: tf.Tensor, softCap: number): { logProbabilities: tf.Tensor; slopes: tf.Tensor | undefined } {
  if (softCap === 0) return { logProbabilities: logSoftmax(tf.matMul(hidden, weight, false, true)), slopes: undefined };
  const tanh = tf.tanh(scaledMatMul(hidden, weight, { transposeB: true, alpha: 1 / softCap }));
  return { logProbabilities: logSoftmax(tf.mul(tanh, softCap)), slopes: tf.sub(1, tf.mul(tanh, tanh)) };
}

function chunks(rows: number): RowRange[] {
  return equalRanges(rows, Math.max(1, Math.floor(rows / CHUNK_ROWS)));
}

/** Loss f32 [N] and gradient f32 [N, D] with rows of the output embedding taken piece by piece. */
function inPieces(graph: GraphBuilder, hidden: Value, weight: Value, targets: Value, softCap: number): { loss: Value; gradient: Value } {
  const [rows, size] = hidden.shape as [number, number];
  const vocabulary = weight.shape[0]!;
  /** Logits of products, and with a cap the slopes of the ones by the others. */
  const logitsOf = (product: Value): { logits: Value; slopes?: Value } => {
    if (softCap === 0) return { logits: product };
    const tanh = graph.unary('Tanh', product);
    const slopes = graph.binary('Sub', graph.fill(1, [], 'float32'), graph.binary('Mul', tanh, tanh));
    return { logits: graph.binary('Mul', tanh, graph.fill(softCap, [], 'float32')), slopes };
  };
  const weighed = (values: Value, slopes: Value | undefined) => (slopes === undefined ? values : graph.binary('Mul', values, slopes));
  const alpha = softCap === 0 ? 1 : 1 / softCap;
  /** Of the pieces so far: the largest logit m, the sum s of exp(z - m), and the mean of rows of E by these weights. */
  let state: { maximum: Value; total: Value; mean: Value } | undefined;
  for (const { start, count } of equalRanges(vocabulary, Math.ceil((4 * vocabulary * size) / PIECE_BYTES))) {
    const piece = graph.slice(weight, [start, 0], [count, size]);
    const { logits, slopes } = logitsOf(graph.matMul(hidden, piece, { transposeB: true, alpha }));
    const largest = graph.reduce('ReduceMax', logits, [1], true); // [N, 1]
    const maximum = state === undefined ? largest : graph.binary('Max', state.maximum, largest);
    const exponentials = graph.unary('Exp', graph.binary('Sub', logits, maximum));
    const added = graph.reduce('ReduceSum', exponentials, [1], true);
    const product = graph.matMul(weighed(exponentials, slopes), piece);
    // The mean is kept, not the sum, so that it needs the total of its own piece: a piece is then done with before the next is begun.
    if (state === undefined) state = { maximum, total: added, mean: graph.binary('Div', product, added) };
    else {
      const old = graph.binary('Mul', state.total, graph.unary('Exp', graph.binary('Sub', state.maximum, maximum)));
      const total = graph.binary('Add', old, added);
      const kept = graph.binary('Mul', state.mean, graph.binary('Div', old, total));
      state = { maximum, total, mean: graph.binary('Add', kept, graph.binary('Div', product, total)) };
    }
  }
  const { maximum, total, mean } = state!;
  const target = graph.one('Gather', [weight, targets], { axis: { int: 0 } }, [rows, size], 'float32');
  const product = graph.reduce('ReduceSum', graph.binary('Mul', hidden, target), [1], true);
  const { logits, slopes } = logitsOf(alpha === 1 ? product : graph.binary('Mul', product, graph.fill(alpha, [], 'float32')));
  const loss = graph.binary('Sub', graph.binary('Add', graph.unary('Log', total), maximum), logits);
  const gradient = graph.binary('Sub', mean, weighed(target, slopes));
  return { loss: graph.reshape(loss, [rows]), gradient };
}

/**
 * @param hidden f32 [N, D], normalised final hidden states at the positions that predict. @param weight f32 [V, D], the output embedding.
 * @param targets i32 [N], each in [0, V). @param softCap bound on the logits; 0: none. @returns f32 [N], nats.
 */
export function linearCrossEntropy(hidden: tf.Tensor, weight: tf.Tensor, targets: tf.Tensor, softCap = 0): tf.Tensor {
  return kernel.run({ hidden, weight, targets }, { softCap })[0]!;
}

/**
 * The same with the gradient by hidden states at once, for a caller that differentiates by itself (tf.customGrad): then the probabilities
 * need not live until a backward pass. Neither result is differentiated further.
 * @returns `losses` f32 [N], nats; `gradients` f32 [N, D], row n that of loss n by its own hidden state.
 */
export function linearCrossEntropyWithGradient(
  hidden: tf.Tensor,
  weight: tf.Tensor,
  targets: tf.Tensor,
  softCap = 0,
): { losses: tf.Tensor; gradients: tf.Tensor } {
  const [losses, gradients] = kernel.run({ hidden, weight, targets }, { softCap });
  return { losses: losses!, gradients: gradients! };
}
