import { LanguageModel, readCheckpoint, readModelConfig, Tokenizer } from '@pharmacist/language-model';
import type { Engine } from '@pharmacist/tensor-kernels';
import { type ModelForm, bundledPath, modelPath } from '@pharmacist/test-fixtures';

/** A tiny random checkpoint of one form, with a vocabulary of 96; rows are given as token ids, so that any tokenizer will do. */
export async function loadModel(form: ModelForm, engine: Engine): Promise<LanguageModel> {
  const config = await readModelConfig(modelPath(form));
  const { weights, contentHash } = await readCheckpoint(modelPath(form), config);
  const tokenizer = await Tokenizer.load(bundledPath('models', 'tiny'));
  return await LanguageModel.fromWeights({ config, tokenizer, engine, name: form, contentHash }, weights);
}
