import { lazyList, memberOf, Random, type RunDirectory } from '@pharmacist/core';
import type { AlignmentRow } from '@pharmacist/data-io';
import { type LanguageModel, promptTemplate, tokenizeRow } from '@pharmacist/language-model';
import type { PoolRow, SelectionContext } from '@pharmacist/selector';
import type { PackedTokens } from '../inputs/packed-tokens.ts';
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

/** A pool in the order of ids, in which it is ranked: the order of a file decides nothing, and what goes through all rows reads from one end to the other. */
export interface OrderedPool {
  readonly rows: readonly AlignmentRow[];
  /** What each row says that it is. */
  readonly kinds: readonly (string | undefined)[];
  /** Number of each row in the file, i32 [rows]. */
  readonly numbers: Int32Array;
}

export interface OpenedPool extends OrderedPool {
  readonly context: SelectionContext;
}

/**
 * Tokenises the rows, puts the pool in order and says what a method is given: the whole pool, and the run that keeps its state, counts and notes.
 * @param readsTokens whether the tokens of the pool will be read, or hardly.
 */
export async function poolContext(
  run: RunDirectory,
  { inputs, model, openModel, settings, random, reporter, signal, elsewhere }: PoolWork,
  { readsTokens }: { readonly readsTokens: boolean },
): Promise<OpenedPool> {
  const { keptBytes } = inputs;
  const tokenised = async (role: 'alignment' | 'harmful' | 'validation', isKept: boolean): Promise<PackedTokens> => {
    const { rows, report } = inputs[role]!;
    const divided = role === 'alignment' && elsewhere ? { name: 'pool-tokens', batchSize: settings.batchSize, elsewhere } : undefined;
    const tokens = await tokenizeRows(rows, model, { ...settings, source: report.source, isKept, keptBytes, divided, reporter, signal });
    run.setInputCounts(role, { numTruncated: tokens.numTruncated });
    return tokens;
  };
  const others = async (role: 'harmful' | 'validation'): Promise<PooledRow[]> => {
    const set = inputs[role];
    if (set === undefined) return [];
    const tokens = await tokenised(role, true);
    return set.rows.map((row, index) => new PooledRow(row, undefined, () => tokens.at(index)));
  };
  const { pool, harmful, trusted, ...ordered } = await run.phase('tokenise', async () => {
    const inFile = await tokenised('alignment', readsTokens);
    const given = { harmful: await others('harmful'), trusted: await others('validation') };
    const numbers = await inputs.alignment.idOrder(signal);
    const rows = await inputs.alignment.inOrder(numbers, signal);
    const tokens = await inFile.inOrder(numbers, signal);
    const [rowAt, tokensAt, kindAt] = [memberOf(rows), memberOf(tokens), memberOf(inputs.kinds)];
    const kinds = lazyList(numbers.length, (place) => kindAt(numbers[place]!));
    const pooled = lazyList(rows.length, (place): PoolRow => new PooledRow(rowAt(place), kindAt(numbers[place]!), () => tokensAt(place)));
    return { ...given, pool: pooled, rows, kinds, numbers };
  });
  const { maxLength } = settings;
  const context: SelectionContext = {
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
  return { ...ordered, context };
}
