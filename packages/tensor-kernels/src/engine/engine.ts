import type * as tf from '@tensorflow/tfjs-core';
import { ShapeError } from '@pharmacist/core';
import type { HalfDType, HalfTensor, HostTensor, Shape } from '../host-tensor.ts';

/**
 * A computation in TensorFlow.js ops: named tensors in, named tensors out. It must be pure, and its control flow may depend on shapes
 * only: an engine that compiles calls it once for each signature of input shapes and never again.
 */
export type Program = (inputs: Readonly<Record<string, tf.Tensor>>) => Record<string, tf.Tensor>;

/** A tensor that lives with the engine until it is disposed of: frozen weights, key-value caches. */
export interface ResidentTensor {
  readonly isResident: true;
  readonly shape: Shape;
  readonly dtype: HostTensor['dtype'];
  /** How the engine keeps it, where that is narrower than the `dtype` in which programs read it. */
  readonly stored?: HalfDType;
  /** Kept are its numbers times 2^exponent. */
  readonly exponent?: number;
  dispose(): Promise<void>;
}

export type EngineInput = HostTensor | ResidentTensor;

/** What a trace needs to know of an input. */
export type InputType = Pick<EngineInput, 'shape' | 'dtype'> & Pick<ResidentTensor, 'stored' | 'exponent'>;

/** Where an output goes instead of back to the caller: into a resident tensor, at `start` along `axis`; all other axes are equal. */
export interface WriteTarget {
  readonly into: ResidentTensor;
  readonly axis: number;
  readonly start: number;
}

export interface ProgramRunOptions {
  /** Outputs by name that are written into resident tensors; they are not returned. */
  readonly writes?: Readonly<Record<string, WriteTarget>>;
}

export interface UploadOptions {
  /** The caller gives the tensor's memory up (no second copy exists) and must not use it again. */
  readonly move?: boolean;
  /** A weight that is only read: an engine that multiplies in sixteen bits keeps its matrices so. */
  readonly isFrozen?: boolean;
}

export interface EngineFunction {
  readonly name: string;
  /**
   * Runs the program on one set of inputs; calls are executed in the order in which they were made.
   * @throws {ShapeError} if the program rejects the shapes. @throws {EngineError} if the engine fails.
   */
  run(inputs: Readonly<Record<string, EngineInput>>, options?: ProgramRunOptions): Promise<Record<string, HostTensor>>;
  /** What a run with these inputs costs; compiles if needed. Engines that do not compile return undefined. */
  cost(inputs: Readonly<Record<string, EngineInput>>): Promise<ProgramCost | undefined>;
}

/** Static facts of a compiled program. */
export interface ProgramCost {
  /** Floating-point operations in matrix products (2mnk each). */
  readonly matMulFlops: number;
  /** Estimate of the bytes of intermediate values alive at once. */
  readonly peakActivationBytes: number;
  /** Operations of the graph. */
  readonly numNodes: number;
}

/** What an engine holds at the moment; all zero after dispose(). */
export interface EngineUsage {
  readonly sessions: number;
  /** Estimated bytes that sessions keep between runs. */
  readonly arenaBytes: number;
  readonly residentTensors: number;
  readonly residentBytes: number;
}

/** Runs programs. One engine serves a whole command; several may exist side by side (the tests compare them). */
export interface Engine {
  readonly name: string;
  /** For people: "onnx (cpu, 2 threads)". */
  readonly description: string;
  /** Facts for run.json. */
  readonly versions: Readonly<Record<string, string>>;
  /** Whether trained parameters stay with the engine between steps: it lies behind a bus that is slower than its memory. */
  readonly keepsParameters?: boolean;
  compile(name: string, program: Program): EngineFunction;
  /** Copies a tensor to the engine. One of sixteen bits stays so where the engine can widen it as it is used, and is read as float32 everywhere. */
  upload(tensor: HostTensor | HalfTensor, options?: UploadOptions): Promise<ResidentTensor>;
  /** A resident tensor of zeros. */
  zeros(shape: Shape, dtype?: HostTensor['dtype']): Promise<ResidentTensor>;
  download(tensor: ResidentTensor): Promise<HostTensor>;
  usage(): EngineUsage;
  /** Releases sessions, resident tensors and the worker; waits for a run in progress. */
  dispose(): Promise<void>;
  [Symbol.asyncDispose]?(): Promise<void>;
}

export function isResident(input: InputType): input is ResidentTensor {
  return 'isResident' in input;
}

/** Key of one signature: the shapes and dtypes of all inputs by name, and how the engine keeps them. */
export function signatureOf(inputs: Readonly<Record<string, InputType>>): string {
  return Object.keys(inputs)
    .sort()
    .map((name) => {
      const { dtype, shape, stored = dtype, exponent = 0 } = inputs[name]!;
      return `${name}:${stored}${exponent === 0 ? '' : `*2^${exponent}`}[${shape.join()}]`;
    })
    .join(' ');
}

/** Inputs that an error message names one by one; a training step has hundreds. */
const MAX_DESCRIBED_INPUTS = 12;

/** What a program was called with, for people: its own inputs one by one, as far as they can be read, resident ones (weights, as a rule) by number. */
export function describeInputs(inputs: Readonly<Record<string, InputType>>): string {
  const entries = Object.entries(inputs);
  const sent = entries.filter(([, input]) => !isResident(input));
  const described = sent.slice(-MAX_DESCRIBED_INPUTS).map(([name, { dtype, shape }]) => `${name} ${dtype} [${shape.join(', ')}]`);
  const counted = [
    [sent.length - described.length, 'more'],
    [entries.length - sent.length, 'resident'],
  ].flatMap(([count, what]) => (count === 0 ? [] : [`${count} ${what}`]));
  return [...described, ...counted].join(', ');
}

/** The error of a program that rejected its inputs, with its name and their shapes; tfjs asserts shapes by plain errors. */
export function programError(error: unknown, name: string, inputs: Readonly<Record<string, InputType>>): unknown {
  if (!(error instanceof ShapeError) && !(error instanceof Error && error.name === 'Error')) return error;
  const where = error instanceof ShapeError ? (error.where ?? name) : name;
  return new ShapeError(`${error.message} (inputs: ${describeInputs(inputs)})`, { where, cause: error });
}
