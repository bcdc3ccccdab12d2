import * as tf from '@tensorflow/tfjs-core';
import { traceBackend } from './graph/trace-backend.ts';
import { isRecomputing } from './recompute.ts';

type Tape = ReturnType<typeof tf.engine>['state']['activeTape'];

/**
 * A part of a forward pass that a recomputed program makes again when it is differentiated, instead of keeping what is inside; in any other program
 * no more than a call.
 * @param body called again in the backward pass of an eager engine, and must do the same. @returns what it returned: all tensors of it that are read outside.
 */
export function segment(body: () => tf.Tensor[]): tf.Tensor[] {
  if (!isRecomputing()) return body();
  const graph = traceBackend.recording;
  if (graph === undefined) return taped(body);
  const { origin } = graph;
  graph.origin = { segment: graph.newOrigin() };
  const outputs = body();
  graph.origin = origin;
  return outputs;
}

/**
 * For engines that compute at once: what tfjs put on its tape in `body`, with the tensors that it saved, is taken off again, and one entry put there
 * whose gradient runs `body` anew and differentiates that.
 */
function taped(body: () => tf.Tensor[]): tf.Tensor[] {
  const { state } = tf.engine();
  if (state.gradientDepth === 0) return body();
  const start = state.activeTape.length;
  const outputs = tf.tidy(body);
  const entries = state.activeTape.splice(start);
  const made = new Set(entries.flatMap((entry) => entry.outputs.map(({ id }) => id)));
  const read = entries.flatMap((entry) => Object.values(entry.inputs));
  const inputs = Object.fromEntries(read.filter(({ id }) => !made.has(id)).map((tensor) => [String(tensor.id), tensor]));
  for (const { saved = [] } of entries) for (const tensor of saved) tensor.dispose();
  // Tensors of the forward pass are gone when the backward pass begins, unless they are kept; those that are saved are disposed of with the tape.
  const scopes = state.scopeStack.slice(state.scopeStack.findLastIndex(({ name }) => name === 'forward'));
  const saved = Object.values(inputs).filter(({ scopeId }) => scopes.some(({ id }) => id === scopeId));
  saved.forEach((tensor) => tf.keep(tensor));
  const entry: Tape[number] = {
    id: state.nextTapeNodeId++,
    kernelName: 'Segment',
    inputs,
    outputs,
    saved,
    // tfjs calls it on a copy of the entry whose inputs are those that lie on the way from a trained tensor.
    gradient(this: Tape[number], dys) {
      const gradients = gradientsAnew(body, dys, Object.values(this.inputs));
      return Object.fromEntries(Object.keys(this.inputs).map((name, i) => [name, () => gradients[i]!]));
    },
  };
  state.activeTape.push(entry);
  return outputs;
}

/** Gradients by `inputs` of the sum of the outputs of `body`, each times what arrives at it. */
function gradientsAnew(body: () => tf.Tensor[], dys: readonly (tf.Tensor | null)[], inputs: tf.Tensor[]): tf.Tensor[] {
  const { state } = tf.engine();
  const tape = state.activeTape;
  const weighted = () => {
    const terms = body().flatMap((output, i) => (dys[i] === null ? [] : [tf.sum(tf.mul(output, dys[i]!))]));
    return tf.addN(terms);
  };
  try {
    const { grads } = tf.engine().gradients(weighted, inputs, undefined, true);
    return inputs.map((input, i) => grads[i] ?? tf.zerosLike(input));
  } finally {
    // A gradient within a backward pass ends with the tape gone, which the outer one still has to clear.
    state.activeTape = tape;
  }
}
