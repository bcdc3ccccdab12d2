import { lazyList, memberOf, type Random, type Reporter, type State, type Versioned } from '@pharmacist/core';
import type { LanguageModel, PromptedRow, PromptTemplate, TokenizedRow } from '@pharmacist/language-model';
import type { ZodType } from 'zod';
import type { Elsewhere } from './text-maps/elsewhere.ts';

/** A row as text and as the tokens that are trained. */
export interface TextRow {
  readonly text: PromptedRow;
  readonly tokens: TokenizedRow;
}

/** One row to rank. */
export interface PoolRow extends TextRow {
  /** Stable, unique in the pool. */
  readonly id: string;
  /** Ground truth of a planted pool: `good`, or what is wrong with the row. Undefined for a filter, and for a method that does not say it needs `kinds`. */
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
  /** In the order of ids. Of a large pool texts and tokens lie on disk: a row is made when the list is asked for it, and what needs a row twice holds it. */
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
   * @param how another model's tokenizer, or another template than the run's; tokens of the prompt, where a row of the same prompt has them.
   */
  tokenize(
    text: PromptedRow,
    how?: { readonly model?: LanguageModel; readonly template?: PromptTemplate; readonly numPromptTokens?: number },
  ): TokenizedRow;
  /** Other processes, where there are some for what is found in each row or text by itself. */
  readonly elsewhere?: Elsewhere | undefined;
  /** Opens a model by bundled name or directory on the run's engine. @throws {ModelError} */
  openModel(name: string): Promise<OpenedModel>;
  /** Counts passes: `forward` or `backward`, in batches, and the rows in them. */
  count(kind: 'forward' | 'backward', batches: number, rows: number): void;
  /** A fact for run.json. */
  note(key: string, value: unknown): void;
  readonly reporter: Reporter;
  readonly signal?: AbortSignal | undefined;
}

/** One value a row of the pool; NaN where a row has none. */
export type ColumnValues = Float64Array | Float32Array;

/** A method's own columns of the ranking. */
export type Columns = Readonly<Record<string, ColumnValues>>;

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

/** One number a row, as a method gives them; NaN where a row has none. */
export type RowValues = Float64Array | Float32Array | readonly number[];

/** What a method makes of a pool. `defineSelector` checks it: see `Ranking` for what becomes of it. */
export interface FittedRanking {
  /** One score a row of the pool, in the order of the pool that it was given; higher is better. Finite for every row with targets. */
  readonly scores: RowValues;
  /** The method's own columns of the ranking, one value a row; none if left out. */
  readonly columns?: Readonly<Record<string, RowValues>>;
  /** Scores rows that were not in the pool, on the same scale; left out where a method cannot. */
  score?(rows: readonly PoolRow[]): Promise<RowValues>;
  /** Why a row of the pool has its score; nothing for a row that was not scored. Left out where columns say it all. */
  explain?(row: PoolRow): RowReasons | undefined;
}

export interface Ranking {
  /** One finite score a row of the pool; rows without targets stand below all others. */
  readonly scores: Float64Array;
  readonly columns: Columns;
  score?(rows: readonly PoolRow[]): Promise<Float64Array>;
  explain?(row: PoolRow): RowReasons | undefined;
}

/** Harmful rows, trusted validation rows, or the kind of every row of the pool, which no other method is given. */
export type Needed = 'harmful' | 'trusted' | 'kinds';

/** What a fit costs with each row at its dearest: nothing, reading its text, forward passes, or gradients. */
export type SelectionCost = 'none' | 'text' | 'forward' | 'gradients';

/** Work with a model by the largest program that it runs: forward passes, gradients of every row by itself, or steps of training. */
export type ModelWork = 'forward' | 'influences' | 'training';

/**
 * What a fit has the run's model do, with the rank of the LoRA that it takes gradients by. Forward passes and influences read the run's scoring batches; steps of
 * training have a size of their own, which an option of the method sets.
 */
export type FitWork =
  | { readonly work: 'forward' }
  | { readonly work: 'influences'; readonly loraRank: number }
  | { readonly work: 'training'; readonly loraRank: number; readonly batchSize: number; readonly batchOption: string };

/** What the memory of a fit depends on beside its options. */
export interface FitSizes {
  /** D of the model. */
  readonly hiddenSize: number;
  readonly numTrusted: number;
  readonly numHarmful: number;
}

/** A method that ranks a pool, as it is written; `defineSelector` makes a `Selector` of it. */
export interface SelectorDefinition<C = unknown> extends Versioned {
  readonly name: string;
  /** One line for `pharmacist methods`. */
  readonly summary?: string;
  /** Paper, section and equation, or "ours". */
  readonly source?: string;
  /** Options with their defaults; unknown keys are rejected. Left out: it takes none. */
  readonly config?: ZodType<C>;
  /** Options that it does not take, or not by this name, and where each went: the rest of a sentence that begins with it ("is called wordWeight now"). */
  readonly movedOptions?: ReadonlyMap<string, string>;
  /** Its rankings have `explain`: to ask a finished run for it, the method is fitted again. */
  readonly explains?: true;
  /** Estimates of time read it, and it says whether tokens are kept; `forward` if left out. */
  readonly cost?: SelectionCost;
  /**
   * What a fit with these options has the model do at its dearest; each kind of it is held against the machine's memory beforehand. Left out: what `cost` says, gradients by
   * a LoRA of rank 8.
   */
  work?(config: C): readonly FitWork[];
  /**
   * Bytes that a fit keeps of each row of the pool at its most, beside the pool itself: numbers, columns, checkpoints on their way. A pool for which there is no memory
   * is refused beforehand. Left out: a few numbers a row, 16 bytes without a model, 64 for texts, 128 with forward passes, 400 with gradients.
   */
  rowBytes?(config: C, sizes: FitSizes): number;
  /** `cost` in words, for tables: "1 forward pass over the pool"; what `cost` says if left out. */
  readonly passes?: string;
  /** What the method, with these options, has no meaning without, beside the pool's texts; left out: nothing. Asked before anything is opened. */
  needs?(config: C): readonly Needed[];
  /** What the method, with these options, reads beside that where it is given; left out: nothing. */
  uses?(config: C): readonly Needed[];
  /** Further models that it scores with, by bundled name or directory; their weights are part of what the ranking follows from. */
  models?(config: C): readonly string[];
  /** @throws {NumericError} if the model's losses are not finite. */
  fit(context: SelectionContext, config: C): Promise<FittedRanking> | FittedRanking;
}

/** A method that is held to its contract. */
export interface Selector extends Required<Pick<SelectorDefinition, 'name' | 'summary' | 'source' | 'config' | 'cost' | 'passes'>> {
  readonly kind: 'selector';
  readonly movedOptions?: ReadonlyMap<string, string>;
  readonly explains?: true;
  needs?(config: unknown): readonly Needed[];
  /** All that it reads beside the pool's texts: what it needs, and what it reads where that is given. */
  uses(config: unknown): readonly Needed[];
  models?(config: unknown): readonly string[];
  work(config: unknown): readonly FitWork[];
  rowBytes(config: unknown, sizes: FitSizes): number;
  /**
   * @throws {ContractError} naming method and row if it gives too few or too many values, a score that is not finite for a row with targets, or
   * throws an error of its own. @throws {InterruptedError} once the signal is aborted.
   */
  fit(context: SelectionContext, config: unknown): Promise<Ranking>;
}

/** Training tokens of rows: a list that takes them from the rows when it is asked. */
export function tokensOf(rows: readonly TextRow[]): readonly TokenizedRow[] {
  const rowAt = memberOf(rows);
  return lazyList(rows.length, (index) => rowAt(index).tokens);
}
