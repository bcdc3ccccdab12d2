import { Random, silentReporter } from '@pharmacist/core';
import { randomRows } from '@pharmacist/language-model/test-support';
import { describe, expect, it } from 'vitest';
import { FILTERS } from '../src/filters/registry.ts';
import type { PoolRow } from '../src/selector.ts';
import { poolOf, rowWithoutTargets } from './support/pool-rows.ts';

/** 18 rows, three of which stand twice. */
const rows = randomRows('filters', 18);
const pool = poolOf([...rows, ...rows.slice(3, 6)]);

describe.each([...FILTERS].map(({ name }) => name))('%s', (name) => {
  const apply = async (of: readonly PoolRow[], signal?: AbortSignal) =>
    await FILTERS.get(name).apply({ pool: of, reporter: silentReporter, signal }, {});

  it('says of each row that it stays or not, and has one value a column, the same twice', async () => {
    const { stays, columns } = await apply(pool);
    expect(stays).toHaveLength(pool.length);
    expect([...stays].every((value) => value === 0 || value === 1)).toBe(true);
    for (const [column, values] of Object.entries(columns)) expect(values, column).toHaveLength(pool.length);
    expect(await apply(pool)).toEqual({ stays, columns });
  });

  it('goes by ids, whatever the order of the file', async () => {
    const order = new Random('order').permutation(pool.length);
    const [plain, permuted] = [await apply(pool), await apply(order.map((index) => pool[index]!))];
    expect(Array.from(permuted.stays)).toEqual(order.map((index) => plain.stays[index]));
    for (const [column, values] of Object.entries(plain.columns))
      expect(Array.from(permuted.columns[column]!), column).toEqual(order.map((index) => values[index]));
  });

  it('leaves at least one of equal rows, and not a row without an answer', async () => {
    const equal = await apply(poolOf(Array.from({ length: 6 }, () => rows[0]!)));
    expect(equal.stays.reduce((sum, stay) => sum + stay, 0)).toBeGreaterThan(0);
    const { stays } = await apply(poolOf([rowWithoutTargets('none', 24), ...rows]));
    expect(stays[0]).toBe(1);
  });

  it('takes a pool of one row, and of none', async () => {
    expect((await apply(pool.slice(0, 1))).stays).toEqual(Float64Array.of(1));
    expect((await apply([])).stays).toHaveLength(0);
  });

  it('decides the same when it is run again after an interrupt: it keeps no state', async () => {
    const unbroken = await apply(pool);
    await expect(apply(pool, AbortSignal.abort())).rejects.toMatchObject({ code: 'E_INTERRUPTED' });
    expect(await apply(pool)).toEqual(unbroken);
  });
});
