import { defineRegistry } from '@pharmacist/core';
import { gemma } from './gemma.ts';
import { gemma2 } from './gemma2.ts';
import { gemma3 } from './gemma3.ts';
import { granite } from './granite.ts';
import { llama } from './llama.ts';
import { mistral } from './mistral.ts';
import type { ModelFamily } from './model-family.ts';
import { olmo2 } from './olmo2.ts';
import { phi3 } from './phi3.ts';
import { qwen2 } from './qwen2.ts';
import { qwen3 } from './qwen3.ts';
import { smollm3 } from './smollm3.ts';
import { stablelm } from './stablelm.ts';

/** Every family of models that can be opened, by `model_type`. */
export const MODEL_FAMILIES = defineRegistry<ModelFamily>('model family', [
  llama,
  mistral,
  qwen2,
  qwen3,
  gemma,
  gemma2,
  gemma3,
  phi3,
  olmo2,
  granite,
  smollm3,
  stablelm,
]);

/** `Llama and SmolLM, Mistral, ...`: for messages. */
export function familyTitles(): string {
  return [...MODEL_FAMILIES].map(({ title }) => title).join(', ');
}
