import * as tf from '@tensorflow/tfjs-core';
import { InternalError, ShapeError } from '@pharmacist/core';
import { sizeOf } from '../host-tensor.ts';
import type { Value } from './graph.ts';
import { GraphBuilder } from './graph-builder.ts';

/** What tfjs keeps as the data of a traced tensor: the graph value it stands for. */
interface TracedData {
  value: Value;
}

/** A tfjs backend that computes nothing: each kernel records graph nodes, each tensor stands for a value of the graph being built. */
class TraceBackend extends tf.KernelBackend {
  readonly name = 'trace';
  #graph: GraphBuilder | undefined;
  #numTensors = 0;

  get graph(): GraphBuilder {
    if (this.#graph === undefined) throw new InternalError('a kernel of the tracing backend ran outside a trace');
    return this.#graph;
  }

  /** The graph of the trace that is going on, if one is. */
  get recording(): GraphBuilder | undefined {
    return this.#graph;
  }

  /** Records everything that `body` does into `graph`. Synchronous, so that no other work can slip between. */
  record<T>(graph: GraphBuilder, body: () => T): T {
    if (this.#graph !== undefined) throw new InternalError('traces do not nest');
    this.#graph = graph;
    try {
      return body();
    } finally {
      this.#graph = undefined;
    }
  }

  /** The graph value of a tensor; a tensor made by an eager backend and captured by a closure becomes a constant. */
  graphValueOf(info: tf.TensorInfo): Value {
    const data = info.dataId as Partial<TracedData>;
    if (data.value === undefined) tf.engine().moveData(this, info.dataId);
    const { value } = info.dataId as TracedData;
    if (value === undefined) throw new InternalError('a tensor of another backend entered a trace');
    return value;
  }

  infoOf(value: Value): tf.TensorInfo {
    const dtype = value.dtype === 'int64' ? 'int32' : value.dtype;
    return { dataId: this.#dataOf(value), shape: [...value.shape], dtype };
  }

  override write(values: tf.BackendValues, shape: number[], dtype: tf.DataType): object {
    return this.#dataOf(this.#constant(values, shape, dtype));
  }

  override move(dataId: object, values: tf.BackendValues, shape: number[], dtype: tf.DataType): void {
    this.#numTensors++;
    (dataId as TracedData).value = this.#constant(values, shape, dtype);
  }

  #constant(values: tf.BackendValues, shape: number[], dtype: tf.DataType): Value {
    if (dtype !== 'float32' && dtype !== 'int32' && dtype !== 'bool') throw new ShapeError(`${dtype} tensors cannot be traced`);
    const typed = values as Float32Array | Int32Array | Uint8Array;
    if (typed.length !== sizeOf(shape)) throw new ShapeError(`${typed.length} values for shape [${shape.join(', ')}]`);
    return this.graph.constant(typed instanceof Uint8Array ? Int32Array.from(typed) : typed, shape, dtype);
  }

  #dataOf(value: Value): object {
    this.#numTensors++;
    return { value } satisfies TracedData;
  }

  override readSync(dataId: object): tf.BackendValues {
    const { value } = dataId as TracedData;
    const constant = value.node.constant;
    if (constant === undefined)
      throw new ShapeError('a program must not read a tensor while it is traced: its control flow may depend on shapes only');
    if ('values' in constant) return Float32Array.from(constant.values);
    return new Float32Array(sizeOf(value.shape)).fill(constant.fill);
  }

  override async read(dataId: object): Promise<tf.BackendValues> {
    return this.readSync(dataId);
  }

  override disposeData(): boolean {
    this.#numTensors--;
    return true;
  }

  override numDataIds(): number {
    return this.#numTensors;
  }

  override refCount(): number {
    return 1;
  }

  override incRef(): void {}
  decRef(): void {}

  override floatPrecision(): 32 {
    return 32;
  }

  override timerAvailable(): boolean {
    return false;
  }

  override dispose(): void {}
}

export const traceBackend = new TraceBackend();
tf.registerBackend(traceBackend.name, () => traceBackend, 0);
