import { Random } from '@pharmacist/core';
import { randomRows } from '@pharmacist/language-model/test-support';
import type {} from '@pharmacist/tooling/vitest/matchers';
import { describe, expect, it } from 'vitest';
import { rankingOrder } from '../src/core-subset.ts';
import { facilityLocation } from '../src/diversity/facility-location.ts';
import { farthestFirst } from '../src/diversity/farthest-first.ts';
import { kCenter } from '../src/diversity/k-center.ts';
import { lazyGreedy } from '../src/diversity/lazy-greedy.ts';
import { cosines } from '../src/diversity/similarities.ts';
import { type StateVectors, stateVectors } from '../src/diversity/state-vectors.ts';
import { Attempt } from './support/attempt.ts';
import { useFixtureModel } from './support/fixture-model.ts';
import { poolOf } from './support/pool-rows.ts';

const model = await useFixtureModel('llama');

const pool = poolOf(randomRows('pool', 12));
const newContext = () => new Attempt({ model, pool }).context;

/** Random unit vectors, some of them near copies of others. */
function randomVectors(seed: string, count: number, size = 6): StateVectors {
  const random = new Random(seed);
  const data = new Float32Array(count * size);
  for (let i = 0; i < count; i++) {
    const copied = i > 0 && random.uniform() < 0.3 ? random.integer(i) : -1;
    const values = Array.from({ length: size }, (_, d) =>
      copied < 0 ? random.normal() : data[copied * size + d]! + 0.02 * random.normal(),
    );
    const norm = Math.hypot(...values);
    data.set(
      values.map((value) => value / norm),
      i * size,
    );
  }
  return { size, data, indices: Array.from({ length: count }, (_, i) => i) };
}

const vectorOf = ({ data, size }: StateVectors, i: number) => data.subarray(i * size, (i + 1) * size);
const distance = (vectors: StateVectors, i: number, j: number) =>
  Math.hypot(...vectorOf(vectors, i).map((value, d) => value - vectorOf(vectors, j)[d]!));
const cosine = (vectors: StateVectors, i: number, j: number) =>
  Math.fround(vectorOf(vectors, i).reduce((sum, value, d) => sum + value * vectorOf(vectors, j)[d]!, 0));
const orderOf = async (scores: Float64Array) =>
  Array.from(
    await rankingOrder(
      scores,
      [...scores.keys()].map((i) => String(i).padStart(4, '0')),
    ),
  );

describe('k-center greedy', () => {
  it.each(['a', 'b', 'c', 'd'])('picks what a search through all distances picks: %s', async (seed) => {
    const vectors = randomVectors(seed, 40);
    const all = vectors.indices;
    const mean = Array.from({ length: vectors.size }, (_, d) => all.reduce((sum, i) => sum + vectorOf(vectors, i)[d]! / all.length, 0));
    const toMean = all.map((i) => Math.hypot(...mean.map((value, d) => vectorOf(vectors, i)[d]! - value)));
    const picked = [toMean.indexOf(Math.min(...toMean))];
    const insertion = [NaN];
    while (picked.length < all.length) {
      const nearest = all.map((i) => (picked.includes(i) ? -1 : Math.min(...picked.map((j) => distance(vectors, i, j)))));
      insertion.push(Math.max(...nearest));
      picked.push(nearest.indexOf(insertion.at(-1)!));
    }
    const scores = await farthestFirst(newContext(), vectors, Infinity);
    expect(await orderOf(scores)).toEqual(picked);
    expect(picked.slice(1).map((i) => scores[i]!)).toBeAllclose(insertion.slice(1), { rtol: 1e-6, atol: 1e-7 });
    expect(scores[picked[0]!]).toBe(2 * scores[picked[1]!]!);
  });

  it('ranks what is left after the last pick by the distance to the picked ones', async () => {
    const vectors = randomVectors('left', 30);
    const [exact, short] = [await farthestFirst(newContext(), vectors, 30), await farthestFirst(newContext(), vectors, 5)];
    const [order, picked] = [await orderOf(exact), (await orderOf(short)).slice(0, 5)];
    expect(picked).toEqual(order.slice(0, 5));
    for (const i of (await orderOf(short)).slice(5)) {
      expect(short[i]).toBeCloseTo(Math.min(...picked.map((j) => distance(vectors, i, j))), 6);
    }
  });

  it('reaches every group of rows before it takes a second of any', async () => {
    const words = ['w10', 'w30', 'w50', 'w70'];
    const groups = poolOf(
      randomRows('groups', 24, { length: 12 }).map((row, i) => ({
        ...row,
        // Within a group only the last token differs.
        inputIds: row.inputIds.map((id, t) => (t === 11 ? id : Number(words[i % 4]!.slice(1)) + (t % 3))),
      })),
    );
    for (const method of [kCenter, facilityLocation]) {
      const { scores } = await method.fit(new Attempt({ model, pool: groups }).context, {});
      const first = (await orderOf(scores)).slice(0, 4);
      expect(new Set(first.map((i) => i % 4)).size, method.name).toBe(4);
    }
  });
});

describe('facility location', () => {
  const value = (vectors: StateVectors, anchors: readonly number[], chosen: readonly number[]) =>
    anchors.reduce((sum, a) => sum + chosen.reduce((best, i) => Math.max(best, cosine(vectors, i, a)), 0), 0) / anchors.length;

  it.each([
    ['all anchors', undefined],
    ['drawn anchors', [3, 17, 8, 29, 11, 22]],
  ])('picks what a search through all gains picks: %s', async (_, drawn) => {
    for (const seed of ['a', 'b', 'c']) {
      const vectors = randomVectors(seed, 32);
      const anchors = drawn ?? vectors.indices;
      const picked: number[] = [];
      const found: number[] = [];
      while (picked.length < 32) {
        const before = value(vectors, anchors, picked);
        const gains = vectors.indices.map((i) => (picked.includes(i) ? -1 : value(vectors, anchors, [...picked, i]) - before));
        const most = Math.max(...gains);
        if (most < 1e-6) break;
        found.push(most);
        picked.push(gains.indexOf(most));
      }
      const { gains, alone } = await lazyGreedy(newContext(), cosines(vectors, anchors));
      expect((await orderOf(gains.map((gain) => (Number.isNaN(gain) ? -1 : gain)))).slice(0, picked.length), seed).toEqual(picked);
      expect(picked.map((i) => gains[i]!)).toBeAllclose(found, { rtol: 1e-9, atol: 1e-12 });
      expect(gains.filter((gain) => !Number.isNaN(gain))).toHaveLength(picked.length);
      expect(alone).toBeAllclose(
        vectors.indices.map((i) => value(vectors, anchors, [i])),
        { rtol: 1e-9, atol: 1e-12 },
      );
    }
  });

  it('does not depend on which similarities are kept', async () => {
    const vectors = randomVectors('kept', 30);
    const [all, some, none] = await Promise.all(
      [1e6, 200, 0].map(async (kept) => lazyGreedy(newContext(), cosines(vectors, vectors.indices, kept))),
    );
    expect(some).toEqual(all);
    expect(none).toEqual(all);
  });

  it('reaches 1 - 1/e of the best set of its size', async () => {
    for (const seed of ['a', 'b', 'c', 'd', 'e', 'f']) {
      const vectors = randomVectors(`best ${seed}`, 11, 3);
      const order = await orderOf(
        (await lazyGreedy(newContext(), cosines(vectors, vectors.indices))).gains.map((gain) => (Number.isNaN(gain) ? -1 : gain)),
      );
      const best = [0, 0, 0, 0, 0];
      for (let set = 1; set < 2 ** 11; set++) {
        const members = vectors.indices.filter((i) => set & (1 << i));
        if (members.length < 5) best[members.length] = Math.max(best[members.length]!, value(vectors, vectors.indices, members));
      }
      for (const size of [1, 2, 3, 4]) {
        const reached = value(vectors, vectors.indices, order.slice(0, size));
        expect(reached, `${seed} ${size}`).toBeGreaterThanOrEqual((1 - 1 / Math.E) * best[size]!);
        if (size === 1) expect(reached).toBeCloseTo(best[1]!, 9);
      }
    }
  });

  it('takes one of equal rows first and the others after all that add something', async () => {
    const rows = poolOf([...randomRows('copies', 1), ...randomRows('others', 5), ...randomRows('copies', 1), ...randomRows('copies', 1)]);
    const { scores, columns } = await facilityLocation.fit(new Attempt({ model, pool: rows }).context, {});
    const order = await orderOf(scores);
    expect(order[0]).toBe(0);
    expect(order.slice(-2)).toEqual([6, 7]);
    expect([...columns['coverage_gain']!.keys()].filter((i) => Number.isNaN(columns['coverage_gain']![i]))).toEqual([6, 7]);
    const gained = [...columns['coverage_gain']!].filter((gain) => !Number.isNaN(gain)).reduce((sum, gain) => sum + gain, 0);
    expect(gained).toBeCloseTo(1, 5); // every anchor is like some picked row
  });
});

describe('state vectors', () => {
  it('have length 1, and are what the parts say', async () => {
    const [answer, prompt, both] = [
      await stateVectors(newContext(), 'answer'),
      await stateVectors(newContext(), 'prompt'),
      await stateVectors(newContext(), 'both'),
    ];
    for (const i of both.indices) {
      for (const vectors of [answer, prompt, both]) expect(Math.hypot(...vectorOf(vectors, i))).toBeCloseTo(1, 6);
      const joined = [...vectorOf(prompt, i), ...vectorOf(answer, i)].map((value) => value / Math.SQRT2);
      expect(vectorOf(both, i)).toBeAllclose(joined, { rtol: 1e-6, atol: 1e-7 });
    }
  });
});
