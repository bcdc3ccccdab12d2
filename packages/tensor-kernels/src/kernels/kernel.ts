import * as tf from '@tensorflow/tfjs-core';
import type { Value } from '../graph/graph.ts';
import type { GraphBuilder } from '../graph/graph-builder.ts';
import { traceBackend } from '../graph/trace-backend.ts';

/** Names of the tfjs backends that compute at once. */
const EAGER_BACKENDS = ['cpu', 'tensorflow'] as const;

export type Tensors = Record<string, tf.Tensor>;
export type Values = Record<string, Value>;
export type GradientThunks = Record<string, () => tf.Tensor>;

/**
 * One kernel: its lowering (which is also its shape rule: every Value it returns carries its shape), its gradient, and for a kernel
 * that tfjs does not have its eager form, side by side.
 */
export interface KernelDefinition<A extends object> {
  /** A kernel name of tfjs-core, or a name of ours. */
  readonly name: string;
  /** Emits the graph nodes. Kernels with a list of inputs (Concat, AddN) get them under the keys "0", "1", … */
  lower(graph: GraphBuilder, inputs: Values, attrs: A): Value | readonly Value[];
  /** The same in plain tfjs ops, for the eager engines; left out where tfjs brings the kernel. Runs inside a tidy. */
  compose?(inputs: Tensors, attrs: A): tf.Tensor | tf.Tensor[];
  /** Attributes in the form that every eager backend takes, where the kernels that tfjs brings differ in what they accept. */
  normalize?(inputs: Tensors, attrs: A): A;
  readonly gradient?: {
    readonly saveInputs?: readonly string[];
    readonly saveAllInputs?: boolean;
    readonly saveOutputs?: readonly boolean[];
    /**
     * One thunk an input; only the inputs on the way from a trained tensor are called, so that a frozen weight's gradient is never made.
     * @param dy gradient of the first output; the others are saved intermediates without gradient.
     * @param saved inputs in the order of `saveInputs`, then the outputs marked in `saveOutputs`.
     */
    readonly compute: (dy: tf.Tensor, saved: tf.Tensor[], attrs: A) => GradientThunks;
  };
}

export interface Kernel<A extends object> extends KernelDefinition<A> {
  /** Runs the kernel on the current backend. @returns all outputs. */
  run(inputs: Tensors, attrs: A): tf.Tensor[];
}

const registrations: (() => void)[] = [];

/**
 * Registers every kernel and gradient again. tfjs keeps them in tables of the process, and whatever loads `@tensorflow/tfjs` (as
 * tfjs-node-gpu does) puts that package's own gradients over ours, and another backend's kernels beside or over them.
 */
export function registerKernels(): void {
  for (const register of registrations) register();
}

/** Registers a kernel with tfjs: for the tracing backend always, for the eager ones when it has a composition, and its gradient. */
export function defineKernel<A extends object = Record<string, never>>(definition: KernelDefinition<A>): Kernel<A> {
  const { name, lower, compose, normalize, gradient } = definition;
  const kernels: tf.KernelConfig[] = [
    {
      kernelName: name,
      backendName: traceBackend.name,
      kernelFunc: ({ inputs, attrs }) => {
        const values = Object.fromEntries(
          Object.entries(inputs).flatMap(([key, info]) => (info ? [[key, traceBackend.graphValueOf(info)]] : [])),
        );
        const result = lower(traceBackend.graph, values, (attrs ?? {}) as A);
        return Array.isArray(result) ? result.map((value: Value) => traceBackend.infoOf(value)) : traceBackend.infoOf(result as Value);
      },
    },
  ];
  if (compose !== undefined) {
    const kernelFunc: tf.KernelFunc = ({ inputs, attrs }) => tf.tidy(() => compose(inputs as Tensors, (attrs ?? {}) as A));
    kernels.push(...EAGER_BACKENDS.map((backendName) => ({ kernelName: name, backendName, kernelFunc })));
  }
  const register = () => {
    kernels.forEach(replaceKernel);
    if (normalize !== undefined) EAGER_BACKENDS.forEach((backendName) => normalizeKernel(name, backendName, normalize));
    if (gradient !== undefined) {
      tf.registerGradient({
        kernelName: name,
        ...(gradient.saveInputs && { inputsToSave: [...gradient.saveInputs] }),
        ...(gradient.saveAllInputs && { saveAllInputs: true }),
        ...(gradient.saveOutputs && { outputsToSave: [...gradient.saveOutputs] }),
        gradFunc: (dy, saved, attrs) => gradient.compute(Array.isArray(dy) ? dy[0]! : dy, saved, attrs as A),
      });
    }
  };
  registrations.push(register);
  register();
  return {
    ...definition,
    run(inputs, attrs) {
      const result: tf.Tensor | tf.Tensor[] = tf.engine().runKernel(name, inputs, attrs as tf.NamedAttrMap);
      if (!Array.isArray(result)) return [result];
      if (gradient !== undefined) differentiateFirst(result, (dy, saved) => gradient.compute(dy, saved, attrs));
      return result;
    },
  };
}

/**
 * Of a kernel with intermediates beside its result: tfjs would make zeros, element by element, for what arrives at them (gigabytes where attention
 * is traced in a large batch), which no gradient of ours reads.
 */
function differentiateFirst(outputs: readonly tf.Tensor[], gradient: (dy: tf.Tensor, saved: tf.Tensor[]) => GradientThunks): void {
  const { gradientDepth, activeTape } = tf.engine().state;
  const entry = gradientDepth > 0 ? activeTape.at(-1) : undefined;
  if (entry?.gradient === undefined || entry.outputs[0] !== outputs[0]) return;
  entry.gradient = ([dy]) => gradient(dy ?? tf.zerosLike(outputs[0]!), entry.saved ?? []);
}

/** tfjs warns when a kernel is registered twice. */
function replaceKernel(kernel: tf.KernelConfig): void {
  const { kernelName, backendName } = kernel;
  const current = tf.getKernel(kernelName, backendName);
  if (current === kernel) return;
  if (current !== undefined) tf.unregisterKernel(kernelName, backendName);
  tf.registerKernel(kernel);
}

/** Kernel functions that normalize already. */
const normalizing = new WeakSet<tf.KernelFunc>();

/** Puts `normalize` before the kernel that tfjs brings, if it is there and was not treated yet. */
function normalizeKernel<A extends object>(name: string, backendName: string, normalize: (inputs: Tensors, attrs: A) => A): void {
  const theirs = tf.getKernel(name, backendName);
  if (theirs === undefined || normalizing.has(theirs.kernelFunc)) return;
  const kernelFunc: tf.KernelFunc = (call) =>
    theirs.kernelFunc({ ...call, attrs: normalize(call.inputs as Tensors, call.attrs as A) as tf.NamedAttrMap });
  normalizing.add(kernelFunc);
  replaceKernel({ ...theirs, kernelFunc });
}

/** Sums a gradient over the axes along which an operand of `shape` was broadcast. */
export function unbroadcast(gradient: tf.Tensor, shape: readonly number[]): tf.Tensor {
  const extra = gradient.rank - shape.length;
  const axes = gradient.shape
    .map((_, axis) => axis)
    .filter((axis) => axis < extra || (shape[axis - extra] === 1 && gradient.shape[axis] !== 1));
  return tf.reshape(axes.length === 0 ? gradient : tf.sum(gradient, axes, true), [...shape]);
}

/** Axes of a reduction as non-negative numbers; none given means all. */
export function reductionAxes(axis: number | readonly number[] | null | undefined, rank: number): number[] {
  if (axis === null || axis === undefined) return Array.from({ length: rank }, (_, i) => i);
  const axes = typeof axis === 'number' ? [axis] : [...axis];
  return axes.map((a) => (a < 0 ? a + rank : a)).sort((a, b) => a - b);
}
