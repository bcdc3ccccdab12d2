import type { Engine, ResidentTensor, WriteTarget } from '@pharmacist/tensor-kernels';
import type { LlamaConfig } from '../config.ts';

/** Names of a layer's keys and values, as inputs (the cache) and as outputs (what to write into it). */
export function cacheNames(layer: number): { key: string; value: string } {
  return { key: `cache.${layer}.key`, value: `cache.${layer}.value` };
}

/** Rotated keys and values of every layer for C slots, f32 [B, G, C, headDim] each, resident with the engine until disposed of. */
export class KeyValueCache {
  readonly inputs: Readonly<Record<string, ResidentTensor>>;

  private constructor(inputs: Record<string, ResidentTensor>) {
    this.inputs = inputs;
  }

  /** @throws {EngineError} if the engine has no room; nothing stays behind. */
  static async allocate(engine: Engine, config: LlamaConfig, batchSize: number, capacity: number): Promise<KeyValueCache> {
    const inputs: Record<string, ResidentTensor> = {};
    const cache = new KeyValueCache(inputs);
    try {
      for (let layer = 0; layer < config.numLayers; layer++) {
        for (const name of Object.values(cacheNames(layer))) {
          inputs[name] = await engine.zeros([batchSize, config.numKeyValueHeads, capacity, config.headDim]);
        }
      }
    } catch (error) {
      await cache.dispose();
      throw error;
    }
    return cache;
  }

  /** Where the keys and values of a run go: consecutive slots from `slot` on. */
  writesAt(slot: number): Record<string, WriteTarget> {
    return Object.fromEntries(Object.entries(this.inputs).map(([name, into]) => [name, { into, axis: 2, start: slot }]));
  }

  async dispose(): Promise<void> {
    for (const tensor of Object.values(this.inputs)) await tensor.dispose();
  }
}
