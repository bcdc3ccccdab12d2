import type { Engine, HostTensor } from '@pharmacist/tensor-kernels';
import { bundledPath, type ModelForm, modelPath } from '@pharmacist/test-fixtures';
import { readCheckpoint } from '../../src/checkpoint.ts';
import { readModelConfig } from '../../src/config.ts';
import { LanguageModel } from '../../src/language-model.ts';
import { Tokenizer } from '../../src/tokenizer.ts';

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
