/**
 * The tiny checkpoints under `models/`, each with an `adapter/` and a golden `golden/language-model/<form>.safetensors`.
 * golden/README.md says what sets each apart.
 */
export const modelForms = ['llama', 'llama3', 'mistral', 'qwen2', 'smollm', 'llama-sharded', 'qwen2-f16'] as const;

export type ModelForm = (typeof modelForms)[number];
