import type { Versioned } from '@pharmacist/core';
import type { ZodType } from 'zod';
import type { Columns, PoolRow, RowValues, SelectionContext } from '../selector.ts';

/** What a filter is given: rows that no earlier filter left out. */
export interface FilterContext extends Pick<SelectionContext, 'reporter' | 'signal'> {
  readonly pool: readonly PoolRow[];
}

/** What a filter says of a pool; `defineFilter` checks it. */
export interface FilterVerdict {
  /** For each row of the pool 1 (true) if it stays, 0 (false) if it is left out. */
  readonly stays: RowValues | readonly boolean[];
  /** The filter's own columns of the ranking; NaN where a row has none. None if left out. */
  readonly columns?: Readonly<Record<string, RowValues>>;
}

export interface Filtered {
  /** For each row of the pool 1 if it stays, 0 if it is left out. */
  readonly stays: Float64Array;
  readonly columns: Columns;
}

/** Leaves rows out before a method sees them, as it is written; `defineFilter` makes a `Filter` of it. */
export interface FilterDefinition<C = unknown> extends Versioned {
  readonly name: string;
  /** One line for `pharmacist methods`. */
  readonly summary?: string;
  /** Paper, section and equation, or "ours". */
  readonly source?: string;
  /** Options with their defaults; unknown keys are rejected. Left out: it takes none. */
  readonly config?: ZodType<C>;
  /** Bytes that it keeps of each row at its most, beside the pool itself; what it keeps is gone when the method begins. Left out: 64. */
  rowBytes?(config: C): number;
  /** Decides by nothing but rows and options: a run that continues filters again. */
  apply(context: FilterContext, config: C): Promise<FilterVerdict> | FilterVerdict;
}

/** A filter that is held to its contract: the method ranks a smaller pool, and what was left out is ranked below it. */
export interface Filter extends Required<Pick<FilterDefinition, 'name' | 'summary' | 'source' | 'config'>> {
  readonly kind: 'filter';
  rowBytes(config: unknown): number;
  /** @throws {ContractError} naming filter and row if it does not say of each row whether it stays. @throws {InterruptedError} */
  apply(context: FilterContext, config: unknown): Promise<Filtered>;
}
