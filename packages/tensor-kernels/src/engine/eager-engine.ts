import * as tf from '@tensorflow/tfjs-core';
import { InternalError } from '@pharmacist/core';
import '../kernels/index.ts';
import { withBackend } from '../graph/with-backend.ts';
import { type DType, type HalfTensor, type HostTensor, isHalf, type Shape, sizeOf, widened } from '../host-tensor.ts';
import { assertFits } from './assert-fits.js';
import {
  type Engine,
  type EngineFunction,
  type EngineInput,
  type EngineUsage,
  isResident,
  type Program,
  programError,
  type ResidentTensor,
  type ProgramRunOptions,
} from './engine.ts';

/** Runs programs op by op on a tfjs backend: the oracle of the parity tests (`cpu`) and tfjs-node-gpu (`tensorflow`). */
export class EagerEngine implements Engine {
  readonly name: string;
  readonly description: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly #backend: string;
  readonly #residents = new Map<ResidentTensor, tf.Tensor>();
  #isDisposed = false;

  constructor({
    name,
    backend,
    description,
    versions,
  }: {
    name: string;
    backend: string;
    description: string;
    versions: Record<string, string>;
  }) {
    this.name = name;
    this.#backend = backend;
    this.description = description;
    this.versions = versions;
  }

  compile(name: string, program: Program): EngineFunction {
    return {
      name,
      run: async (inputs, options) => {
        this.#assertOpen(name);
        return await withBackend(this.#backend, () => {
          try {
            return this.#run(program, inputs, options);
          } catch (error) {
            throw programError(error, name, inputs);
          }
        });
      },
      cost: async () => undefined,
    };
  }

  async upload(tensor: HostTensor | HalfTensor): Promise<ResidentTensor> {
    this.#assertOpen('upload');
    const own = isHalf(tensor) ? widened(tensor) : { ...tensor, data: tensor.data.slice() };
    return await withBackend(this.#backend, () => this.#resident(toTensor(own), own.shape, own.dtype));
  }

  async zeros(shape: Shape, dtype: DType = 'float32'): Promise<ResidentTensor> {
    this.#assertOpen('zeros');
    return await withBackend(this.#backend, () => this.#resident(tf.zeros([...shape], dtype), shape, dtype));
  }

  async download(tensor: ResidentTensor): Promise<HostTensor> {
    return await withBackend(this.#backend, () => toHost(this.#tensorOf(tensor)));
  }

  usage(): EngineUsage {
    const residentBytes = [...this.#residents.keys()].reduce((sum, { shape }) => sum + 4 * sizeOf(shape), 0);
    return { sessions: 0, arenaBytes: 0, residentTensors: this.#residents.size, residentBytes };
  }

  async dispose(): Promise<void> {
    this.#isDisposed = true;
    await withBackend(this.#backend, () => {
      for (const tensor of this.#residents.values()) tensor.dispose();
      this.#residents.clear();
    });
  }

  #assertOpen(where: string): void {
    if (this.#isDisposed) throw new InternalError('the engine was disposed of', { where });
  }

  #run(
    program: Program,
    inputs: Readonly<Record<string, EngineInput>>,
    { writes = {} }: ProgramRunOptions = {},
  ): Record<string, HostTensor> {
    const results: Record<string, HostTensor> = {};
    tf.tidy(() => {
      const tensors = Object.fromEntries(
        Object.entries(inputs).map(([key, input]) => [key, isResident(input) ? this.#tensorOf(input) : toTensor(input)]),
      );
      for (const [key, tensor] of Object.entries(program(tensors))) {
        const write = writes[key];
        if (write === undefined) {
          results[key] = toHost(tensor);
          continue;
        }
        const old = this.#tensorOf(write.into);
        assertFits(typeOf(old), typeOf(tensor), write.axis, write.start);
        const end = write.start + tensor.shape[write.axis]!;
        const box = (from: number, to: number) =>
          tf.slice(
            old,
            old.shape.map((_, axis) => (axis === write.axis ? from : 0)),
            old.shape.with(write.axis, to - from),
          );
        const parts = [box(0, write.start), tensor, box(end, old.shape[write.axis]!)].filter((part) => part.size > 0);
        this.#residents.set(write.into, tf.keep(tf.concat(parts, write.axis)));
        old.dispose();
      }
    });
    return results;
  }

  #resident(data: tf.Tensor, shape: Shape, dtype: DType): ResidentTensor {
    const tensor: ResidentTensor = {
      isResident: true,
      shape,
      dtype,
      dispose: async () => {
        this.#residents.get(tensor)?.dispose();
        this.#residents.delete(tensor);
      },
    };
    this.#residents.set(tensor, tf.keep(data));
    return tensor;
  }

  #tensorOf(resident: ResidentTensor): tf.Tensor {
    const tensor = this.#residents.get(resident);
    if (tensor === undefined) throw new InternalError('a resident tensor was used after it was released, or with another engine');
    return tensor;
  }
}

function typeOf({ dtype, shape }: tf.Tensor) {
  return { type: dtype, dims: shape };
}

function toTensor({ data, shape, dtype }: HostTensor): tf.Tensor {
  return tf.tensor(data, [...shape], dtype);
}

function toHost(tensor: tf.Tensor): HostTensor {
  const dtype = tensor.dtype === 'float32' ? 'float32' : 'int32';
  const values = tensor.dataSync();
  return { shape: tensor.shape, dtype, data: dtype === 'float32' ? Float32Array.from(values) : Int32Array.from(values) };
}
