import { Random } from '@pharmacist/core';
import { describe, expect, it } from 'vitest';
import type { PoolRow, SelectionContext } from '../selector.ts';
import { hashedRow } from './fold.ts';
import { hashPool, rowsAt } from './pool-sample.ts';

const tokens = { inputIds: Int32Array.of(1, 2, 3), numPromptTokens: 1, truncated: false, hasTargets: true };
/** Sixty rows of thirty texts, every tenth without an answer. */
const pool = Array.from({ length: 60 }, (_, i): PoolRow => {
  const text = { prompt: `Wish ${i % 30}`, response: `No ${i % 30}.` };
  return { id: `row-${i}`, text, tokens: { ...tokens, hasTargets: i % 10 !== 0 } };
});

const reporter: SelectionContext['reporter'] = { progress: () => undefined, warn: () => undefined, info: () => undefined };
const sampled = async (rows: readonly PoolRow[], size: number, seed = 0) =>
  (await hashPool({ pool: rows, random: new Random(seed), reporter })).sample(size);
const textsOf = (rows: readonly PoolRow[], places: readonly number[]) => rowsAt(rows, places).map(({ text }) => text.prompt);

describe('a sample of the pool', () => {
  it('takes each text once, and rows with an answer alone', async () => {
    const places = await sampled(pool, 100);
    const texts = textsOf(pool, places);
    expect(new Set(texts).size).toBe(texts.length);
    // Texts 0, 10 and 20 are those without an answer.
    expect(texts).toHaveLength(27);
    expect(places.every((place) => pool[place]!.tokens.hasTargets)).toBe(true);
  });

  it('is the beginning of a larger one', async () => {
    const all = await sampled(pool, 100);
    for (const size of [0, 1, 2, 5, 26, 27, 28]) expect(await sampled(pool, size)).toEqual(all.slice(0, size));
  });

  it('is drawn by the seed, whatever the order of the file', async () => {
    const reversed = pool.toReversed();
    const texts = textsOf(pool, await sampled(pool, 9));
    expect(textsOf(reversed, await sampled(reversed, 9))).toEqual(texts);
    expect(textsOf(pool, await sampled(pool, 9, 1))).not.toEqual(texts);
  });

  it('knows the half of each row, which its text decides', async () => {
    const hashed = await hashPool({ pool, random: new Random(0), reporter });
    expect(pool.map((_, i) => hashed.foldOf(i))).toEqual(pool.map((row) => hashedRow(row).fold));
    expect(hashed.foldOf(3)).toBe(hashed.foldOf(33));
  });

  it('of a pool without an answer is empty', async () => {
    const none = pool.filter(({ tokens: own }) => !own.hasTargets);
    expect(await sampled(none, 5)).toEqual([]);
  });
});
