import { ConfigError } from '@pharmacist/core';
import type { ModelConfig } from '@pharmacist/language-model';
import { z } from 'zod';

/**
 * Where states are read: after block l, from 1 to the number of layers, in the residual stream; or `normed`, after the last block and the final
 * norm, which Hugging Face calls the last hidden state.
 */
export const stateLayer = z.union([z.int().min(1), z.literal('normed')], { error: 'expected a layer, from 1, or "normed"' });

/** The same where a method can also look for the layer itself. */
export const searchedLayer = z.union([stateLayer, z.literal('search')], { error: 'expected a layer, from 1, "normed" or "search"' });

export type StateLayer = z.infer<typeof stateLayer>;

/** @throws {ConfigError} if the model has no such layer. */
export function checkLayer(layer: StateLayer, { numLayers }: ModelConfig): void {
  if (layer !== 'normed' && layer > numLayers) {
    throw new ConfigError(`the model has ${numLayers} layers, and ${layer} is asked for`, {
      where: 'layer',
      hint: `take 1 to ${numLayers}`,
    });
  }
}
