import { attended, attendedAtOnce, checkDefinition, ContractError, describeValue, held } from '@pharmacist/core';
import { z } from 'zod';
import { checkedBytes } from '../contract/checked-bytes.ts';
import { checkedColumns } from '../contract/checked-ranking.ts';
import { rowValues } from '../contract/row-values.ts';
import { backInPlace, idOrder, ordered } from '../id-order.ts';
import type { PoolRow } from '../selector.ts';
import { withoutKinds } from '../without-kinds.ts';
import type { Filter, FilterDefinition, FilterVerdict, Filtered } from './filter.ts';

const REQUIRED = { apply: 'function' } as const;
const OPTIONAL = { summary: 'string', source: 'string', config: 'object', rowBytes: 'function' } as const;
/** Of a filter that does not say what it keeps of a row. */
const ROW_BYTES = 64;

/**
 * As `defineSelector`: holds a filter to its contract, forgets its configuration type, and hands over the rows in the order of their ids.
 * @throws {ContractError} if the definition itself is wrong.
 */
export function defineFilter<C, const N extends string>(
  definition: FilterDefinition<C> & { readonly name: N },
): Filter & { readonly name: N } {
  const where = checkDefinition('filter', definition, { required: REQUIRED, optional: OPTIONAL });
  const { name, summary = 'no summary is given', source = 'none is given' } = definition;
  const config = (definition.config ?? z.strictObject({})) as NonNullable<typeof definition.config>;
  return held(
    {
      kind: 'filter' as const,
      name,
      summary,
      source,
      config,
      rowBytes: (options) =>
        definition.rowBytes === undefined
          ? ROW_BYTES
          : checkedBytes(
              attendedAtOnce(where, () => definition.rowBytes!(config.parse(options))),
              where,
            ),
      apply: async (context, options) => {
        const order = await idOrder(context.pool, context.signal);
        const pool = ordered(context.pool, order);
        const parsed = config.parse(options);
        const verdict = await attended(
          where,
          context.signal,
          async () => await definition.apply({ ...context, pool: withoutKinds(pool) }, parsed),
        );
        const { stays, columns } = checked(verdict, pool, where);
        return {
          stays: backInPlace(stays, order),
          columns: Object.fromEntries(Object.entries(columns).map(([column, values]) => [column, backInPlace(values, order)])),
        };
      },
    },
    definition,
  );
}

function checked(verdict: FilterVerdict, pool: readonly PoolRow[], where: string): Filtered {
  if (verdict === null || typeof verdict !== 'object') {
    throw new ContractError(`gives ${describeValue(verdict)} for a verdict`, { where, hint: 'return { stays, columns }' });
  }
  const { stays: said, columns = {} } = verdict;
  const numbers = Array.isArray(said)
    ? said.map((value: unknown) => (typeof value === 'boolean' ? Number(value) : (value as number)))
    : said;
  const stays = rowValues(numbers as Float64Array, { where, what: 'values of stays', numRows: pool.length });
  const wrong = stays.findIndex((value) => value !== 0 && value !== 1);
  if (wrong >= 0) {
    const { id } = pool[wrong]!;
    const hint = 'a row stays (1, true) or is left out (0, false)';
    throw new ContractError(`says ${stays[wrong]} of row ${id}`, { where, hint, details: { row: id } });
  }
  return { stays, columns: checkedColumns(columns, { where, numRows: pool.length }) };
}
