import { InternalError } from '@pharmacist/core';
import type { DType, Shape } from '../host-tensor.ts';
import type { ResidentTensor } from './engine.ts';

/** The resident tensors of an engine, with what it knows of each and how many bytes they take together. */
export class ResidentTable<Entry extends { readonly bytes: number }> {
  readonly #entries = new Map<ResidentTensor, Entry>();
  readonly #drop: (entry: Entry) => Promise<unknown>;
  #bytes = 0;

  /** @param drop gives the memory of an entry back. */
  constructor(drop: (entry: Entry) => Promise<unknown>) {
    this.#drop = drop;
  }

  get size(): number {
    return this.#entries.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  add(shape: Shape, dtype: DType, entry: Entry, kept: Pick<ResidentTensor, 'stored' | 'exponent'> = {}): ResidentTensor {
    const tensor: ResidentTensor = {
      isResident: true,
      shape,
      dtype,
      ...kept,
      dispose: async () => {
        if (!this.#entries.delete(tensor)) return;
        this.#bytes -= entry.bytes;
        await this.#drop(entry);
      },
    };
    this.#entries.set(tensor, entry);
    this.#bytes += entry.bytes;
    return tensor;
  }

  /** @throws {InternalError} if the tensor is not of this engine, or was disposed of. */
  of(tensor: ResidentTensor): Entry {
    const entry = this.#entries.get(tensor);
    if (entry === undefined) throw new InternalError('a resident tensor was used after it was released, or with another engine');
    return entry;
  }

  clear(): void {
    this.#entries.clear();
    this.#bytes = 0;
  }
}
