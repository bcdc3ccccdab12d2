/**
 * The tiny checkpoints under `models/`, each with an `adapter/` and a golden `golden/language-model/<form>.safetensors`.
 * golden/README.md says what sets each apart.
 */
export const modelForms = [
  'llama',
  'llama3',
  'mistral',
  'qwen2',
  'smollm',
  'llama-sharded',
  'qwen2-f16',
  'llama-bias',
  'llama-dynamic',
  'llama-yarn',
  'mistral-window',
  'qwen3',
  'gemma',
  'gemma2',
  'gemma3',
  'phi3',
  'phi3-longrope',
  'olmo2',
  'granite',
  'smollm3',
  'stablelm',
  'stablelm-parallel',
] as const;

export type ModelForm = (typeof modelForms)[number];
