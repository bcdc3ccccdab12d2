import { type ProgressEvent, Random, silentReporter } from '@pharmacist/core';
import { randomRows } from '@pharmacist/language-model/test-support';
import { describe, expect, it } from 'vitest';
import { dedupe } from '../src/filters/dedupe.ts';
import { FILTERS } from '../src/filters/registry.ts';
import type { PoolRow } from '../src/selector.ts';
import { rowWithoutTargets } from './support/pool-rows.ts';

const random = new Random('dedupe');
const sentence = (numWords: number) => Array.from({ length: numWords }, () => `word${random.integer(800)}`).join(' ');

function row(id: string, prompt: string, response: string): PoolRow {
  return { id, text: { prompt, response }, tokens: randomRows(id, 1)[0]! };
}

/** 40 rows, then near-copies of some: one word more. Ids are not in the order of the file. */
const originals = Array.from({ length: 40 }, (_, index) => row(`b${index + 10}`, sentence(6), sentence(40)));
const copies = [3, 3, 8, 20].map((of, index) => {
  const { prompt, response } = originals[of]!.text;
  return row(index === 2 ? 'a0' : `c${index}`, prompt, `${response} indeed`);
});
const pool = [...originals, ...copies];

async function apply(rows: readonly PoolRow[], config: Record<string, unknown> = {}) {
  return await dedupe.apply({ pool: rows, reporter: silentReporter, signal: undefined }, config);
}
const leftOut = (rows: readonly PoolRow[], stays: Float64Array) => rows.filter((_, index) => stays[index] === 0).map(({ id }) => id);

describe('dedupe', () => {
  it('is a registered filter', () => {
    expect(FILTERS.get('dedupe')).toBe(dedupe);
    expect(() => FILTERS.get('dedup')).toThrow('Did you mean "dedupe"?');
  });

  it('leaves all but the first row by id of each group of near-copies out', async () => {
    const { stays, columns } = await apply(pool);
    expect(leftOut(pool, stays).sort()).toEqual(['b18', 'c0', 'c1', 'c3']);
    const groups = columns['duplicate_group']!;
    expect(groups.filter((group) => !Number.isNaN(group))).toHaveLength(7);
    expect(groups[3]).toBe(groups[40]);
    expect(groups[40]).toBe(groups[41]);
    expect(groups[8]).toBe(groups[42]);
    // a0 is the first row by id.
    expect(groups[8]).toBe(0);
  });

  it('goes by ids, whatever the order of the file', async () => {
    const order = random.permutation(pool.length);
    const [plain, permuted] = [await apply(pool), await apply(order.map((index) => pool[index]!))];
    expect(Array.from(permuted.stays)).toEqual(order.map((index) => plain.stays[index]));
    expect(Array.from(permuted.columns['duplicate_group']!)).toEqual(order.map((index) => plain.columns['duplicate_group']![index]));
  });

  it('takes what is alike enough', async () => {
    expect(leftOut(pool, (await apply(pool, { threshold: 1 })).stays)).toEqual(['c1']);
    await expect(apply(pool, { threshold: 0 })).rejects.toThrow('threshold');
  });

  it('refuses a threshold for which it has too few hashes, before anything is read', async () => {
    await expect(apply(pool, { threshold: 0.01 })).rejects.toThrow('expected 459 or more at a threshold of 0.01, got 128');
    expect(dedupe.config.safeParse({ threshold: 0.01, numHashes: 459 }).success).toBe(true);
    expect(dedupe.config.safeParse({ numHashes: 2 }).success).toBe(false);
  });

  it('compares prompts too', async () => {
    const rows = [row('a', sentence(30), 'No.'), row('b', sentence(30), 'No.')];
    expect(leftOut(rows, (await apply(rows)).stays)).toEqual([]);
  });

  it('lets no row without an answer speak for others', async () => {
    const empty = { ...row('a', 'the same prompt', 'the same answer'), tokens: rowWithoutTargets('a', 8) };
    const rows = [
      empty,
      { ...empty, id: 'b' },
      row('c', 'the same prompt', 'the same answer'),
      row('d', 'the same prompt', 'the same answer'),
    ];
    const { stays, columns } = await apply(rows);
    expect(leftOut(rows, stays)).toEqual(['d']);
    expect(Array.from(columns['duplicate_group']!)).toEqual([NaN, NaN, 0, 0]);
  });

  it('shows how far it is and stops when asked to', async () => {
    const controller = new AbortController();
    const events: ProgressEvent[] = [];
    const reporter = {
      ...silentReporter,
      progress: (event: ProgressEvent) => events.push(event) && events.length === 4 && controller.abort(),
    };
    await expect(dedupe.apply({ pool, reporter, signal: controller.signal }, {})).rejects.toMatchObject({ code: 'E_INTERRUPTED' });
    expect(events).toHaveLength(4);
    expect(events.at(-1)).toMatchObject({ phase: 'dedupe: comparing', done: 3, total: 22, unit: 'bands' });
  });
});
