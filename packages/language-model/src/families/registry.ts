import { defineRegistry } from '@pharmacist/core';
import { llama } from './llama.ts';
import { mistral } from './mistral.ts';
import type { ModelFamily } from './model-family.ts';
import { qwen2 } from './qwen2.ts';

/** Every family of models that can be opened, by `model_type`. */
export const MODEL_FAMILIES = defineRegistry<ModelFamily>('model family', [llama, mistral, qwen2]);

/** `Llama and SmolLM, Mistral, ...`: for messages. */
export function familyTitles(): string {
  return [...MODEL_FAMILIES].map(({ title }) => title).join(', ');
}
