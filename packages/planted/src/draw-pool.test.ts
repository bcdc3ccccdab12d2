import { DataError } from '@pharmacist/core';
import type { AlignmentRow } from '@pharmacist/data-io';
import { describe, expect, it } from 'vitest';
import { drawPool } from './draw-pool.ts';
import type { PlantedPoolRow } from './pool-row.ts';
import { poolSchema } from './pool-schema.ts';

const COUNTS = { good: 50, mislabelled: 20, benign: 30, 'low-quality': 6 };
const source = Object.entries(COUNTS).flatMap(([kind, count]) =>
  Array.from({ length: count }, (_, i): AlignmentRow => {
    const text = { prompt: `Question ${i} of ${kind}?`, response: `The ${kind} answer number ${i} has a few plain and different words.` };
    return { id: `${kind}-${i}`, ...text, fields: { ...text, kind, source: 'made up' }, position: { source: 'test', line: 1 } };
  }),
);
const draw = (size: number, shares: Record<string, unknown>, seed = 0) =>
  drawPool(source, poolSchema.parse({ label: 'pool', size, shares }), { seed, where: 'test.jsonl' });
const ofKind = (rows: readonly PlantedPoolRow[], kind: string) => rows.filter((row) => row.kind === kind);
const ids = (rows: readonly PlantedPoolRow[]) => new Set(rows.map(({ id }) => id));

describe('drawPool', () => {
  const mixed = { good: 'rest', mislabelled: 0.2, benign: 0.1, 'low-quality': 0.2, duplicate: 0.1 };

  it('has the asked counts exactly, no row twice, in an order that mixes the kinds', () => {
    const rows = draw(60, mixed);
    expect(Object.fromEntries(['good', ...Object.keys(mixed)].map((kind) => [kind, ofKind(rows, kind).length]))).toEqual({
      good: 24,
      mislabelled: 12,
      benign: 6,
      'low-quality': 12,
      duplicate: 6,
    });
    expect(ids(rows).size).toBe(60);
    expect(new Set(rows.slice(0, 20).map(({ kind }) => kind)).size).toBeGreaterThan(2);
    const used = rows.filter(({ kind }) => kind !== 'duplicate').map(({ id, madeFrom }) => madeFrom ?? id);
    expect(new Set(used).size).toBe(used.length);
  });

  it('is decided by the seed alone, and draws other rows for another seed', () => {
    expect(draw(60, mixed, 3)).toEqual(draw(60, mixed, 3));
    expect(ids(draw(60, mixed, 3))).not.toEqual(ids(draw(60, mixed, 4)));
  });

  it('keeps the rows of a smaller share among those of a larger one', () => {
    const [few, many] = [draw(40, { mislabelled: 0.1 }), draw(40, { mislabelled: 0.5 })];
    for (const { id } of ofKind(few, 'mislabelled')) expect(ids(many).has(id)).toBe(true);
    for (const { id } of ofKind(many, 'good')) expect(ids(few).has(id)).toBe(true);
  });

  it('makes the low-quality rows that the source lacks from rows that the pool does not hold', () => {
    const rows = draw(60, { 'low-quality': 0.5 });
    const made = ofKind(rows, 'low-quality').filter(({ madeFrom }) => madeFrom !== undefined);
    expect(made).toHaveLength(24);
    const corruptions = new Map(made.map(({ corruption }) => [corruption, made.filter((row) => row.corruption === corruption).length]));
    expect(Object.fromEntries(corruptions)).toEqual({ shuffled: 5, cut: 5, repeated: 5, garbage: 5, swapped: 4 });
    for (const row of made) {
      expect(ids(rows).has(row.madeFrom!)).toBe(false);
      expect(row.response).not.toBe(source.find(({ id }) => id === row.madeFrom)!.response);
      expect(row.id).toMatch(/^(good|mislabelled|benign|low-quality)-\d+-[0-9a-f]{4}$/);
      if (row.corruption === 'swapped') expect(row.madeFrom).toMatch(/^benign/);
    }
  });

  it('makes all low-quality rows where that is asked for, and takes none of the source', () => {
    const pool = poolSchema.parse({ label: 'pool', size: 60, shares: { 'low-quality': 0.5 }, spoil: true });
    const made = ofKind(drawPool(source, pool, { seed: 0, where: 'test.jsonl' }), 'low-quality');
    expect(made).toHaveLength(30);
    expect(made.every(({ madeFrom }) => madeFrom !== undefined && !madeFrom.startsWith('low-quality'))).toBe(true);
    expect(made.filter(({ corruption }) => corruption === 'repeated')).toHaveLength(6);
  });

  it('makes what equal parts leave over by the first corruptions, where all of them need rows of their own', () => {
    const longer = source.map((row) => ({ ...row, response: `${row.response} ${row.response} ${row.response}` }));
    const spoil = ['swapped', 'cut-sentences'];
    const pool = poolSchema.parse({ label: 'pool', size: 50, shares: { 'low-quality': 0.1 }, spoil });
    const made = ofKind(drawPool(longer, pool, { seed: 0, where: 'test.jsonl' }), 'low-quality').map(({ corruption }) => corruption);
    expect(spoil.map((name) => made.filter((corruption) => corruption === name).length)).toEqual([3, 2]);
  });

  it('makes no low-quality row by a swap that leaves its answer as it is', () => {
    const alike = source.map((row) => (row.fields['kind'] === 'benign' ? { ...row, response: `Yes, ${Number(row.id.at(-1)) % 3}.` } : row));
    const pool = poolSchema.parse({ label: 'pool', size: 40, shares: { 'low-quality': 0.5 }, spoil: ['swapped'] });
    for (let seed = 0; seed < 5; seed++) {
      for (const { response, madeFrom } of ofKind(drawPool(alike, pool, { seed, where: 'test.jsonl' }), 'low-quality')) {
        expect(response).not.toBe(alike.find(({ id }) => id === madeFrom)!.response);
      }
    }
  });

  it('makes duplicates from good rows of the pool: the same prompt, nearly the same answer', () => {
    const rows = draw(40, { duplicate: 0.5 });
    const duplicates = ofKind(rows, 'duplicate');
    expect(duplicates).toHaveLength(20);
    for (const { prompt, response, madeFrom } of duplicates) {
      const original = ofKind(rows, 'good').find(({ id }) => id === madeFrom)!;
      expect(prompt).toBe(original.prompt);
      expect(response).not.toBe(original.response);
      expect(Math.abs(response.split(' ').length - original.response.split(' ').length)).toBeLessThanOrEqual(1);
    }
  });

  it('gives made rows ids that stand before the original as often as after it, so that a filter which keeps the first is fair', () => {
    const rows = Array.from({ length: 20 }, (_, seed) => draw(40, { duplicate: 0.5 }, seed)).flat();
    const duplicates = ofKind(rows, 'duplicate');
    const share = duplicates.filter(({ id, madeFrom }) => id < madeFrom!).length / duplicates.length;
    expect(duplicates).toHaveLength(400);
    expect(Math.abs(share - 0.5)).toBeLessThan(0.1); // four standard errors
  });

  it('keeps rows apart that are made from equal ones', () => {
    const same = source.map((row) => (row.fields['kind'] === 'good' ? { ...row, prompt: 'Well?', response: 'No' } : row));
    const pool = poolSchema.parse({ label: 'pool', size: 60, shares: { 'low-quality': 0.4, duplicate: 0.2 } });
    const rows = drawPool(same, pool, { seed: 0, where: 'test.jsonl' });
    expect(ids(rows).size).toBe(60);
  });

  it('names every kind of which there are too few, with both numbers', () => {
    expect(() => draw(100, { mislabelled: 0.3, benign: 0.4 })).toThrow(
      'too few rows for the pool pool of 100 rows: mislabelled: 30 asked, 20 available; benign: 40 asked, 30 available',
    );
    expect(() => draw(100, { benign: 0.3, 'low-quality': 0.4 })).toThrow('low-quality: 40 asked, 6 available and 20 spare rows to spoil');
    expect(() => draw(10, { unheard: 0.5 })).toThrow('unheard: 5 asked, 0 available');
  });

  it('needs rows of known kinds', () => {
    const { kind: _, ...fields } = source[0]!.fields;
    const pool = poolSchema.parse({ label: 'pool', size: 4, shares: { benign: 0.5 } });
    expect(() => drawPool([{ ...source[0]!, fields }], pool, { seed: 0, where: 'test.jsonl' })).toThrow(DataError);
  });
});

describe('the shares of a pool', () => {
  it('must have low-quality rows if these are to be made', () => {
    const parsed = poolSchema.safeParse({ label: 'a', size: 20, shares: { benign: 0.5 }, spoil: true });
    expect(parsed.error?.issues.map((issue) => issue.message)).toEqual(['"spoil" makes the low-quality rows: give them a share']);
  });

  it.each([
    [{ good: 0.5, benign: 0.5 }, 'write "good: rest"'],
    [{ benign: 'rest' }, 'only "good" can be the rest'],
    [{}, 'name a kind beside "good"'],
    [{ benign: 0.01 }, 'benign: the share of 20 rows is no row'],
    [{ benign: 0.6, mislabelled: 0.4 }, 'leave no good row'],
    [{ duplicate: 0.6 }, '12 near-copies are asked for, of 8 good rows'],
    [{ benign: 1.5 }, 'expected a share above 0 and below 1'],
  ])('%j are refused', (shares, message) => {
    const parsed = poolSchema.safeParse({ label: 'a', size: 20, shares });
    expect(parsed.error?.issues.map((issue) => issue.message).join()).toContain(message);
  });
});
