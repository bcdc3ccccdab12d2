import { LanguageModel, readCheckpoint, readModelConfig, Tokenizer } from '@pharmacist/language-model';
import type { Engine, HostTensor } from '@pharmacist/tensor-kernels';
import { type ModelForm, bundledPath, modelPath } from '@pharmacist/test-fixtures';
import { useEngine } from './use-engine.ts';

/**
 * A tiny random checkpoint of one form, with a vocabulary of 96; rows are given as token ids, so that any tokenizer will do.
 * @param change alters weights by name.
 */
export async function loadModel(
  form: ModelForm,
  engine: Engine,
  change: (name: string, tensor: HostTensor) => void = () => undefined,
): Promise<LanguageModel> {
  const config = await readModelConfig(modelPath(form));
  const { weights, contentHash } = await readCheckpoint(modelPath(form), config);
  for (const [name, tensor] of weights) change(name, tensor);
  const tokenizer = await Tokenizer.load(bundledPath('models', 'tiny'));
  return await LanguageModel.fromWeights({ config, tokenizer, engine, name: form, contentHash }, weights);
}

/** A checkpoint for a whole test file, loaded at its top into an engine of its own, which is `engine` of the model. */
export async function useFixtureModel(form: ModelForm): Promise<LanguageModel> {
  return await loadModel(form, await useEngine());
}
