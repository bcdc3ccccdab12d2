import { Random, type RunDirectory } from '@pharmacist/core';
import { type LanguageModel, promptTemplate, tokenizeRow } from '@pharmacist/language-model';
import type { PoolRow, SelectionContext, TextRow } from '@pharmacist/selector';
import { tokenizeRows } from '../stage/tokenize.ts';
import type { SelectOptions } from './options.ts';
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
}

/** Tokenises the rows and says what a method is given: the whole pool, and the run that keeps its state, counts and notes. */
export async function poolContext(
  run: RunDirectory,
  { inputs, model, openModel, settings, random, reporter, signal }: PoolWork,
): Promise<SelectionContext> {
  const tokens = await run.phase('tokenise', () => {
    const tokenised = (role: 'alignment' | 'harmful' | 'validation') => {
      const set = inputs[role];
      if (set === undefined) return [];
      const { tokens: rows, numTruncated } = tokenizeRows(set.rows, model, { ...settings, source: set.report.source }, reporter);
      run.setInputCounts(role, { numTruncated });
      return rows;
    };
    return { alignment: tokenised('alignment'), harmful: tokenised('harmful'), validation: tokenised('validation') };
  });
  const pool = inputs.alignment.rows.map(({ id, prompt, response, parts, fields }, index): PoolRow => {
    const { kind } = fields;
    return { id, text: { prompt, response, parts }, tokens: tokens.alignment[index]!, ...(typeof kind === 'string' && { kind }) };
  });
  const textRows = (role: 'harmful' | 'validation') =>
    (inputs[role]?.rows ?? []).map(({ prompt, response, parts }, index): TextRow => ({
      text: { prompt, response, parts },
      tokens: tokens[role][index]!,
    }));
  const { maxLength } = settings;
  return {
    model,
    pool,
    harmful: textRows('harmful'),
    trusted: textRows('validation'),
    batchSize: settings.batchSize,
    maxLength,
    random,
    state: {
      load: async (name) => await run.loadState(name),
      save: async (name, state) => await run.saveState(name, state),
    },
    tokenize: (text, how = {}) => {
      const { tokenizer } = how.model ?? model;
      return tokenizeRow(text, tokenizer, how.template ?? promptTemplate(settings.template, tokenizer), maxLength);
    },
    openModel,
    count: (kind, batches, rows) => {
      run.count(kind, batches);
      run.count(`${kind}Rows`, rows);
    },
    note: (key, value) => run.note(key, value),
    reporter,
    signal,
  };
}
