import { resolve } from 'node:path';
import { ModelError } from '@pharmacist/core';
import { type AdapterOrigin, type LanguageModel, promptTemplate } from '@pharmacist/language-model';
import { modelDirectory } from '../assets.ts';
import { hubOrigin } from './hub-origin.ts';
import type { StageOptions } from '../every-stage/options.ts';

/**
 * What a new adapter says of itself: the model it is trained on, so that PEFT's `AutoPeftModel` finds it, and the template.
 * @param model with every adapter before the new one merged.
 */
export async function adapterOrigin(
  model: LanguageModel,
  template: string,
  { model: name }: Pick<StageOptions, 'model'>,
): Promise<AdapterOrigin> {
  const { sourceHash } = promptTemplate(template, model.tokenizer);
  return {
    ...(await baseOf(name, model)),
    baseModelHash: model.contentHash,
    template: { name: template, sourceHash },
  };
}

/** A folder of the Hub's cache is named by what is in it; any other by its path. */
async function baseOf(name: string, model: LanguageModel): Promise<Pick<AdapterOrigin, 'baseModelName' | 'baseModelRevision'>> {
  const directory = await modelDirectory(name).catch((error: unknown) => {
    // A program may open a model itself and call it as it likes.
    if (error instanceof ModelError) return undefined;
    throw error;
  });
  if (directory === undefined) return { baseModelName: model.name };
  const origin = hubOrigin(directory);
  return origin === undefined ? { baseModelName: resolve(directory) } : { baseModelName: origin.repo, baseModelRevision: origin.commit };
}
