import type { Engine, ResidentTensor, WriteTarget } from '@pharmacist/tensor-kernels';
import type { ModelConfig } from '../config.ts';
import type { LanguageModel } from '../language-model.ts';

/** Names of a layer's keys and values, as inputs (the cache) and as outputs (what to write into it). */
export function cacheNames(layer: number): { key: string; value: string } {
  return { key: `cache.${layer}.key`, value: `cache.${layer}.value` };
}

/** Rotated keys and values of every layer for C slots, f32 [B, G, C, headDim] each, resident with the engine until disposed of. */
export class KeyValueCache {
  readonly #tensors: Record<string, ResidentTensor> = {};
  #capacity: number;

  private constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** @throws {EngineError} if the engine has no room; nothing stays behind. */
  static async allocate(engine: Engine, config: ModelConfig, batchSize: number, capacity: number): Promise<KeyValueCache> {
    const cache = new KeyValueCache(capacity);
    try {
      for (let layer = 0; layer < config.numLayers; layer++) {
        for (const name of Object.values(cacheNames(layer))) {
          cache.#tensors[name] = await engine.zeros([batchSize, config.numKeyValueHeads, capacity, config.headDim]);
        }
      }
    } catch (error) {
      await cache.dispose();
      throw error;
    }
    return cache;
  }

  /** By name, as a decoding step reads them. */
  get inputs(): Readonly<Record<string, ResidentTensor>> {
    return this.#tensors;
  }

  /** C: slots of a row. */
  get capacity(): number {
    return this.#capacity;
  }

  /** Where the keys and values of a run go: consecutive slots from `slot` on. */
  writesAt(slot: number): Record<string, WriteTarget> {
    return Object.fromEntries(Object.entries(this.#tensors).map(([name, into]) => [name, { into, axis: 2, start: slot }]));
  }

  /** Moves everything into more slots, one tensor after another, so that only one exists twice. @throws {EngineError} without room. */
  async grow(model: Pick<LanguageModel, 'engine' | 'function'>, capacity: number): Promise<void> {
    const copy = model.function('copy', () => model.engine.compile('copy', ({ tensor }) => ({ tensor: tensor! })));
    for (const [name, old] of Object.entries(this.#tensors)) {
      const into = await model.engine.zeros(old.shape.with(2, capacity));
      this.#tensors[name] = into; // from here on dispose() releases it
      try {
        await copy.run({ tensor: old }, { writes: { tensor: { into, axis: 2, start: 0 } } });
      } finally {
        await old.dispose();
      }
    }
    this.#capacity = capacity;
  }

  async dispose(): Promise<void> {
    for (const tensor of Object.values(this.#tensors)) await tensor.dispose();
  }
}
