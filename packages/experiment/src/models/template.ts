import type { Reporter } from '@pharmacist/core';
import { type LanguageModel, promptTemplate } from '@pharmacist/language-model';

const REASONS: Readonly<Record<string, string>> = {
  chat: "the model's own chat template",
  alpaca: 'the model has no chat template, or one that writes these words',
  'alpaca-newline': 'the chat template of the model says the same',
};

/**
 * The template that a name stands for with this model: what runs are told apart by. What `auto` found is said.
 * @throws {ConfigError} if the model has none of this name.
 */
export function resolveTemplate(name: string, { tokenizer }: LanguageModel, reporter: Reporter): string {
  const { name: resolved } = promptTemplate(name, tokenizer);
  if (resolved !== name) reporter.info(`template: ${resolved}: ${REASONS[resolved] ?? name}`);
  return resolved;
}
