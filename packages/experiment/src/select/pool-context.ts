import { Random, type RunDirectory } from '@pharmacist/core';
import { type LanguageModel, promptTemplate, tokenizeRow } from '@pharmacist/language-model';
import type { SelectionContext } from '@pharmacist/selector';
import { tokenizeRows } from '../inputs/tokenize.ts';
import type { SelectOptions } from './options.ts';
import { PooledRow } from './pooled-row.ts';
import type { SelectInputs } from './read-inputs.ts';

/** What a method or an explanation works with. */
export interface PoolWork {
  readonly inputs: SelectInputs;
  readonly model: LanguageModel;
  /** Opens one of the models that the method named. */
  readonly openModel: SelectionContext['openModel'];
  readonly settings: { readonly template: string; readonly maxLength: number; readonly batchSize: number };
  /** Names every random draw. */
  readonly random: Random;
  readonly reporter: NonNullable<SelectOptions['reporter']>;
  readonly signal: AbortSignal | undefined;
  /** Where passes are divided among processes: who has them made. */
  readonly elsewhere?: SelectionContext['elsewhere'];
}

/**
 * Tokenises the rows and says what a method is given: the whole pool, and the run that keeps its state, counts and notes.
 * @param readsTokens whether the tokens of the pool will be read, or hardly.
 */
export async function poolContext(
  run: RunDirectory,
  { inputs, model, openModel, settings, random, reporter, signal, elsewhere }: PoolWork,
  { readsTokens }: { readonly readsTokens: boolean },
): Promise<SelectionContext> {
  const { kinds } = inputs;
  const tokenised = async (role: 'alignment' | 'harmful' | 'validation', isKept: boolean): Promise<PooledRow[]> => {
    const set = inputs[role];
    if (set === undefined) return [];
    const tokens = await tokenizeRows(set.rows, model, { ...settings, source: set.report.source, isKept, reporter, signal });
    run.setInputCounts(role, { numTruncated: tokens.numTruncated });
    return set.rows.map((row, index) => new PooledRow(row, role === 'alignment' ? kinds[index] : undefined, { tokens, index }));
  };
  const [pool, harmful, trusted] = await run.phase(
    'tokenise',
    async () => [await tokenised('alignment', readsTokens), await tokenised('harmful', true), await tokenised('validation', true)] as const,
  );
  const { maxLength } = settings;
  return {
    model,
    pool,
    harmful,
    trusted,
    batchSize: settings.batchSize,
    maxLength,
    random,
    state: {
      load: async (name) => await run.loadState(name),
      save: async (name, state) => await run.saveState(name, state),
    },
    tokenize: (text, { model: other = model, template, numPromptTokens } = {}) => {
      const { tokenizer } = other;
      // A second model may have no form of its own.
      const name = settings.template === 'chat' && tokenizer.chatTemplate === undefined ? 'alpaca' : settings.template;
      return tokenizeRow(text, tokenizer, template ?? promptTemplate(name, tokenizer), maxLength, { numPromptTokens });
    },
    openModel,
    count: (kind, batches, rows) => {
      run.count(kind, batches);
      run.count(`${kind}Rows`, rows);
    },
    elsewhere,
    note: (key, value) => run.note(key, value),
    reporter,
    signal,
  };
}
