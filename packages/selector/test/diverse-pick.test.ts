import { Random } from '@pharmacist/core';
import { describe, expect, it } from 'vitest';
import { rankingOrder } from '../src/core-subset.ts';
import { diversePicks, diversified } from '../src/diverse-pick.ts';
import { Attempt } from './support/attempt.ts';
import { useFixtureModel } from './support/fixture-model.ts';
import { poolOf, randomRows, rowWithoutTargets } from './support/random-rows.ts';

const model = await useFixtureModel('llama');

/** Four rows in the plane: two nearly alike, one across, one opposite to the first. */
const VECTORS = Float32Array.of(1, 0, 0.8, 0.6, 0, 1, -1, 0);

describe('picks', () => {
  it('take what is worth most beside what was taken', () => {
    // z-scores of 3, 2, 1, 0 with deviation sqrt(1.25): 1.342, .447, -.447, -1.342.
    const { values, similarity } = diversePicks(Float64Array.of(3, 2, 1, 0), VECTORS, 2, 4);
    const z = [1.5, 0.5, -0.5, -1.5].map((distance) => distance / Math.sqrt(1.25));
    const expected = [z[0]!, z[1]! - 2 * 0.8, z[2]!, z[3]!]; // row 2 comes second, across from row 0; then row 1; row 3 resembles none
    expected.forEach((value, row) => expect(values[row]).toBeCloseTo(value, 6));
    expect(similarity[0]).toBe(0);
    expect(similarity[1]).toBeCloseTo(0.8, 6);
    expect(similarity[3]).toBe(0);
  });

  it('are the ranking itself where redundancy costs nothing', () => {
    const random = new Random('scores');
    const scores = Float64Array.from({ length: 4 }, () => random.normal());
    const ids = ['a', 'b', 'c', 'd'];
    expect(rankingOrder(diversePicks(scores, VECTORS, 0, 4).values, ids)).toEqual(rankingOrder(scores, ids));
  });

  it('rank a smaller core as the beginning of a larger one', () => {
    const random = new Random('many');
    const vectors = new Float32Array(30 * 3);
    for (let row = 0; row < 30; row++) {
      const vector = [random.normal(), random.normal(), random.normal()];
      vectors.set(
        vector.map((value) => value / Math.hypot(...vector)),
        row * 3,
      );
    }
    const scores = Float64Array.from({ length: 30 }, () => random.normal());
    const ids = Array.from({ length: 30 }, (_, row) => String(row).padStart(2, '0'));
    const first = (numPicks: number) => rankingOrder(diversePicks(scores, vectors, 1, numPicks).values, ids);
    expect(first(20).slice(0, 8)).toEqual(first(8).slice(0, 8));
    expect(first(8).slice(0, 8)).not.toEqual(rankingOrder(scores, ids).slice(0, 8));
  });
});

describe('a diverse ranking', () => {
  const rows = randomRows('pool', 12, { length: 20 });
  // The first four rows a second time: copies of the best.
  const pool = poolOf([...rows, ...rows.slice(0, 4), rowWithoutTargets('full', 24)]);
  const scores = Float64Array.from(pool, (_, row) => (row < 4 || (row >= 12 && row < 16) ? 2 : row === 16 ? -9 : 1 - row / 100));
  const ranked = async (order = pool.map((_, row) => row)) => {
    const { context } = new Attempt({ model, pool: order.map((row) => pool[row]!) });
    const ranking = { scores: Float64Array.from(order, (row) => scores[row]!), columns: {} };
    return await diversified(context, ranking, { redundancy: 5, numPicks: 8 });
  };
  const ids = pool.map(({ id }) => id);

  it('takes one of each pair of copies, and a row without an answer last', async () => {
    const { scores: values, columns } = await ranked();
    const order = rankingOrder(values, ids);
    expect(new Set(order.slice(0, 8).map((row) => row % 12)).size).toBe(8);
    expect(
      rankingOrder(scores, ids)
        .slice(0, 8)
        .map((row) => row % 12),
    ).toEqual([0, 1, 2, 3, 0, 1, 2, 3]);
    expect(order.at(-1)).toBe(16);
    expect(Object.keys(columns)).toEqual(['method_score', 'similarity']);
    expect(columns['method_score']).toEqual(scores);
    for (const copy of [12, 13, 14, 15]) expect(columns['similarity']![copy]).toBeCloseTo(1, 4);
  });

  it('goes with the ids, whatever the order of the file', async () => {
    const order = new Random('order').permutation(pool.length);
    const { scores: values } = await ranked();
    expect(Array.from((await ranked(order)).scores)).toEqual(order.map((row) => values[row]));
  });
});
