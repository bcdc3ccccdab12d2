import type { Random, Reporter, State } from '@pharmacist/core';
import type { LanguageModel, PromptedRow, PromptTemplate, TokenizedRow } from '@pharmacist/language-model';
import type { ZodType } from 'zod';
import { inIdOrder } from './id-order.ts';

/** A row as text and as the tokens that are trained. */
export interface TextRow {
  readonly text: PromptedRow;
  readonly tokens: TokenizedRow;
}

/** One row to rank. */
export interface PoolRow extends TextRow {
  /** Stable, unique in the pool. */
  readonly id: string;
  /** Ground truth of a planted pool: `good`, or what is wrong with the row. Only the oracle may read it. */
  readonly kind?: string | undefined;
}

/** A second model that a method scores with. */
export interface OpenedModel {
  readonly model: LanguageModel;
  dispose(): Promise<void>;
}

/** Where a method keeps its progress, so that a killed run continues to the same bytes. */
export interface SelectionState {
  load(name: string): Promise<State | undefined>;
  save(name: string, state: State): Promise<void>;
}

/** What every method is given. */
export interface SelectionContext {
  readonly model: LanguageModel;
  readonly pool: readonly PoolRow[];
  /** Harmful prompts with harmful answers; may be empty. */
  readonly harmful: readonly TextRow[];
  /** Trusted validation rows (harmful prompts, safe answers); may be empty. */
  readonly trusted: readonly TextRow[];
  /** Rows of one scoring batch. */
  readonly batchSize: number;
  /** Tokens of the longest row. */
  readonly maxLength: number;
  /** Names every random draw; a method splits it by purpose. */
  readonly random: Random;
  readonly state: SelectionState;
  /**
   * Tokens of a text, cut at `maxLength`, for methods that score other texts than the pool's own.
   * @param how another model's tokenizer, or another template than the run's.
   */
  tokenize(text: PromptedRow, how?: { readonly model?: LanguageModel; readonly template?: PromptTemplate }): TokenizedRow;
  /** Opens a model by bundled name or directory on the run's engine. @throws {ModelError} */
  openModel(name: string): Promise<OpenedModel>;
  /** Counts passes: `forward` or `backward`, in batches, and the rows in them. */
  count(kind: 'forward' | 'backward', batches: number, rows: number): void;
  /** A fact for run.json. */
  note(key: string, value: unknown): void;
  readonly reporter: Reporter;
  readonly signal?: AbortSignal | undefined;
}

/** A method's own columns of the ranking, one value a row of the pool; NaN where a row has none. */
export type Columns = Readonly<Record<string, Float64Array>>;

/** A sentence about a row, for a person. It holds none of the row's text: which part of the answer it speaks of is said by where that part stands. */
export interface Finding {
  readonly text: string;
  /** Parts of the answer, the weightiest first, each from one UTF-16 unit up to another. */
  readonly spans?: readonly (readonly [start: number, end: number])[];
}

/** One of the things that a row's score is made of. */
export interface Reason {
  /** What was looked at, in a word or two. */
  readonly about: string;
  /** What it adds to the score. */
  readonly amount: number;
  /** Place of the row by this alone among the `numRanked` rows that have such an amount; 1 is the best. */
  readonly rank: number;
  readonly numRanked: number;
  readonly findings: readonly Finding[];
}

/** Why a row has its score. */
export interface RowReasons {
  /** What all of it means for the row, in a sentence. */
  readonly summary?: string | undefined;
  /** Their amounts add up to the score. */
  readonly reasons: readonly Reason[];
}

export interface Ranking {
  /** One finite score a row of the pool; higher is better. */
  readonly scores: Float64Array;
  readonly columns: Columns;
  /** Scores rows that were not in the pool, on the same scale; left out where a method cannot. */
  score?(rows: readonly PoolRow[]): Promise<Float64Array>;
  /** Why a row of the pool has its score; nothing for a row that was not scored. Left out where columns say it all. */
  explain?(row: PoolRow): RowReasons | undefined;
}

/** Harmful rows, trusted validation rows, or the kind of every row of the pool. */
export type Needed = 'harmful' | 'trusted' | 'kinds';

/** A method that ranks a pool. */
export interface Selector<C = unknown> {
  readonly name: string;
  /** One line for `pharmacist methods`. */
  readonly summary: string;
  /** Paper, section and equation, or "ours". */
  readonly source: string;
  /** Options with their defaults; unknown keys are rejected. */
  readonly config: ZodType<C>;
  /** Options that it does not take, or not by this name, and where each went: the rest of a sentence that begins with it ("is called wordWeight now"). */
  readonly movedOptions?: ReadonlyMap<string, string>;
  /** Its rankings have `explain`: to ask a finished run for it, the method is fitted again. */
  readonly explains?: true;
  /** The dearest thing that fitting does with each row: nothing, reading its text, forward passes, or gradients. Estimates of time read it. */
  readonly cost: 'none' | 'text' | 'forward' | 'gradients';
  /** What the method, with these options, has no meaning without, beside the pool's texts; left out: nothing. Asked before anything is opened. */
  needs?(config: C): readonly Needed[];
  /** Further models that it scores with, by bundled name or directory; their weights are part of what the ranking follows from. */
  models?(config: C): readonly string[];
  /** @throws {NumericError} if the model's losses are not finite. */
  fit(context: SelectionContext, config: C): Promise<Ranking>;
}

/** Training tokens of rows. */
export function tokensOf(rows: readonly TextRow[]): TokenizedRow[] {
  return rows.map(({ tokens }) => tokens);
}

/**
 * Checks a definition's types and forgets its configuration type, so that definitions of different methods fit in one registry. `fit` is
 * given the pool in the order of ids, so that its scores go with the ids and not with places in a file.
 */
export function defineSelector<C, const N extends string>(definition: Selector<C> & { readonly name: N }): Selector & { readonly name: N } {
  const { needs, models } = definition;
  return {
    ...definition,
    ...(needs && { needs: (config: unknown) => needs(definition.config.parse(config)) }),
    ...(models && { models: (config: unknown) => models(definition.config.parse(config)) }),
    fit: async (context, config) => {
      const parsed = definition.config.parse(config);
      return await inIdOrder(context, async (ordered) => await definition.fit(ordered, parsed));
    },
  };
}
