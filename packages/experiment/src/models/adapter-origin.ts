import { basename, dirname, resolve } from 'node:path';
import { type AdapterOrigin, type LanguageModel, promptTemplate } from '@pharmacist/language-model';
import { modelDirectory } from '../assets.ts';
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
    ...baseOf(resolve(await modelDirectory(name))),
    baseModelHash: model.contentHash,
    template: { name: template, sourceHash },
  };
}

/** A folder of the Hub's cache is named by what is in it; any other by its path. */
function baseOf(directory: string): Pick<AdapterOrigin, 'baseModelName' | 'baseModelRevision'> {
  const snapshots = dirname(directory);
  const [, repository] = /^models--(.+)$/.exec(basename(dirname(snapshots))) ?? [];
  if (basename(snapshots) !== 'snapshots' || repository === undefined) return { baseModelName: directory };
  return { baseModelName: repository.replace('--', '/'), baseModelRevision: basename(directory) };
}
