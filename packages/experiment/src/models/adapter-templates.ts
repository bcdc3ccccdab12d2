import { ConfigError, type Reporter } from '@pharmacist/core';
import { type LanguageModel, promptTemplate, readAdapterTemplate } from '@pharmacist/language-model';

/**
 * Whether adapters know prompts in the form they will be given: another one measures something else, and looks like a broken defense.
 * @throws {ConfigError} naming the first that was trained in another form, unless another is allowed. @throws {ModelError} if there is no adapter.
 */
export async function checkAdapterTemplates(
  dirs: readonly string[],
  {
    model: { tokenizer },
    template,
    allowOther = false,
    reporter,
  }: { model: LanguageModel; template: string; allowOther?: boolean | undefined; reporter: Reporter },
): Promise<void> {
  const { sourceHash } = promptTemplate(template, tokenizer);
  for (const dir of dirs) {
    const trained = await readAdapterTemplate(dir);
    if (trained === undefined) {
      reporter.info(`${dir}: this adapter does not say which template it was trained with; ${template} is used`);
      continue;
    }
    const isSame = trained.name === template;
    if (isSame && trained.sourceHash === sourceHash) continue;
    const what = isSame
      ? "was trained with another chat template than the model's tokenizer has now"
      : `was trained with the template ${trained.name}; here prompts are put to it with ${template}`;
    if (allowOther) {
      reporter.warn(`${dir} ${what}`);
      continue;
    }
    throw new ConfigError(what, {
      where: dir,
      hint: `${isSame ? 'use the tokenizer it was trained with' : `give --template ${trained.name}`}, or --allow-other-template if that is meant`,
      details: { trained, template },
    });
  }
}
