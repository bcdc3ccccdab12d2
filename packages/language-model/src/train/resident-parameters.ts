import { InternalError } from '@pharmacist/core';
import { type Engine, float32, floats, type HostTensor, type ResidentTensor, type Shape } from '@pharmacist/tensor-kernels';

/** Where one trained tensor lies in the vector of all. */
export interface Slot {
  readonly name: string;
  readonly shape: Shape;
  readonly offset: number;
  readonly size: number;
}

/** Gradients that were left with the engine, beside the parameters they belong to. */
export interface ResidentGradients {
  /** f32 [P]; zeros where a tensor has no gradient. */
  readonly vector: ResidentTensor;
  /** The tensors that have one. */
  readonly names: ReadonlySet<string>;
}

/**
 * Trained tensors that live with the engine while they are trained: one vector f32 [P], all of them one behind the other, so that an update
 * is one program over vectors whatever their number.
 */
export class ResidentParameters {
  readonly slots: readonly Slot[];
  #vector: ResidentTensor;
  readonly #engine: Engine;
  readonly #gradients = new Map<string, ResidentTensor>();

  private constructor(engine: Engine, slots: readonly Slot[], vector: ResidentTensor) {
    this.#engine = engine;
    this.slots = slots;
    this.#vector = vector;
  }

  /** @param tensors f32, by name; copied. */
  static async create(engine: Engine, tensors: Readonly<Record<string, HostTensor>>): Promise<ResidentParameters> {
    const slots: Slot[] = [];
    let offset = 0;
    for (const [name, { shape, data }] of Object.entries(tensors)) {
      slots.push({ name, shape, offset, size: data.length });
      offset += data.length;
    }
    const values = new Float32Array(offset);
    for (const slot of slots) values.set(floats(tensors[slot.name]!), slot.offset);
    return new ResidentParameters(engine, slots, await engine.upload(float32([offset], values), { move: true }));
  }

  get vector(): ResidentTensor {
    return this.#vector;
  }

  /** P */
  get size(): number {
    return this.vector.shape[0]!;
  }

  /** A vector for gradients, made once for each name: two gradients that are added need two. */
  async gradientVector(name: string): Promise<ResidentTensor> {
    const vector = this.#gradients.get(name) ?? (await this.#engine.zeros([this.size]));
    this.#gradients.set(name, vector);
    return vector;
  }

  /** Copies a vector of the engine into arrays by name. @throws {InternalError} if an array's length is not the tensor's. */
  async read(vector: ResidentTensor, into: ReadonlyMap<string, Float32Array>): Promise<void> {
    const values = floats(await this.#engine.download(vector));
    for (const { name, offset, size } of this.slots) {
      const array = into.get(name);
      if (array?.length !== size)
        throw new InternalError(`the array of ${name} holds ${array?.length ?? 'no'} elements instead of ${size}`);
      array.set(values.subarray(offset, offset + size));
    }
  }

  /** Puts arrays by name in the place of the parameters. */
  async write(arrays: ReadonlyMap<string, Float32Array>): Promise<void> {
    const old = this.#vector;
    this.#vector = await this.#engine.upload(this.gather(arrays), { move: true });
    await old.dispose();
  }

  /** One vector on the host from arrays by name; zeros where there is none. */
  gather(arrays: ReadonlyMap<string, Float32Array>): HostTensor {
    const values = new Float32Array(this.size);
    for (const { name, offset } of this.slots) values.set(arrays.get(name) ?? [], offset);
    return float32([this.size], values);
  }

  async dispose(): Promise<void> {
    await this.#vector.dispose();
    for (const vector of this.#gradients.values()) await vector.dispose();
    this.#gradients.clear();
  }
}
