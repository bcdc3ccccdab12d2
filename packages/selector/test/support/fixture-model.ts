import type { LanguageModel } from '@pharmacist/language-model';
import { loadModel } from '@pharmacist/language-model/test-support';
import type { ModelForm } from '@pharmacist/test-fixtures';
import { useEngine } from './use-engine.ts';

/** A checkpoint for a whole test file, loaded at its top into an engine of its own, which is `engine` of the model. */
export async function useFixtureModel(form: ModelForm): Promise<LanguageModel> {
  return await loadModel(form, await useEngine());
}
