import type { ZodType } from 'zod';
import { backInPlace, idOrder } from '../id-order.ts';
import type { Columns, PoolRow, SelectionContext } from '../selector.ts';

/** What a filter is given: rows that no earlier filter left out. */
export interface FilterContext extends Pick<SelectionContext, 'reporter' | 'signal'> {
  readonly pool: readonly PoolRow[];
}

export interface Filtered {
  /** For each row of the pool 1 if it stays, 0 if it is left out. */
  readonly stays: Float64Array;
  /** The filter's own columns of the ranking; NaN where a row has none. */
  readonly columns: Columns;
}

/** Leaves rows out before a method sees them: the method ranks a smaller pool, and what was left out is ranked below it. */
export interface Filter<C = unknown> {
  readonly name: string;
  /** One line for `pharmacist methods`. */
  readonly summary: string;
  /** Paper, section and equation, or "ours". */
  readonly source: string;
  /** Options with their defaults; unknown keys are rejected. */
  readonly config: ZodType<C>;
  /** Decides by nothing but rows and options: a run that continues filters again. @throws {InterruptedError} */
  apply(context: FilterContext, config: C): Promise<Filtered>;
}

/** As `defineSelector`: forgets the configuration type, and hands over the rows in the order of their ids. */
export function defineFilter<C, const N extends string>(definition: Filter<C> & { readonly name: N }): Filter & { readonly name: N } {
  return {
    ...definition,
    apply: async (context, config) => {
      const order = await idOrder(context.pool, context.signal);
      const pool = order.map((index) => context.pool[index]!);
      const { stays, columns } = await definition.apply({ ...context, pool }, definition.config.parse(config));
      return {
        stays: backInPlace(stays, order),
        columns: Object.fromEntries(Object.entries(columns).map(([name, values]) => [name, backInPlace(values, order)])),
      };
    },
  };
}
