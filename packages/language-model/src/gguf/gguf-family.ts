import type { ModelFamily } from '../families/model-family.ts';
import { unknownFamily } from '../families/refused.ts';
import { MODEL_FAMILIES } from '../families/registry.ts';

/**
 * The family that a file's `general.architecture` names. Mistral models are `llama` there and here: they compute the same.
 * @throws {ModelError} if there is none.
 */
export function ggufFamily(architecture: unknown, where: string): ModelFamily {
  const family = [...MODEL_FAMILIES].find(({ gguf }) => gguf?.architecture === architecture);
  if (family === undefined) throw unknownFamily(architecture, where);
  return family;
}
