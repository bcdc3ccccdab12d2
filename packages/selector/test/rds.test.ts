import { Random } from '@pharmacist/core';
import { randomRows } from '@pharmacist/language-model/test-support';
import { F32_FORWARD } from '@pharmacist/tooling/vitest/matchers';
import { describe, expect, it } from 'vitest';
import { rds } from '../src/rds/rds.ts';
import { roundsTaken } from '../src/rds/round-robin.ts';
import { pooledStates } from '../src/states/pooled-states.ts';
import { Attempt, type AttemptOptions } from './support/attempt.ts';
import { useFixtureModel } from './support/fixture-model.ts';
import { poolOf, rowWithoutTargets } from './support/pool-rows.ts';

const model = await useFixtureModel('llama');
const { hiddenSize } = model.config;

const rows = randomRows('rds pool', 14);
const trusted = randomRows('rds trusted', 5);
const contextOf = (options: Partial<AttemptOptions> = {}) => new Attempt({ model, pool: poolOf(rows), trusted, ...options }).context;
const fit = async (config: Record<string, unknown> = {}, options: Partial<AttemptOptions> = {}) =>
  await rds.fit(contextOf(options), config);

describe('rounds of the round robin', () => {
  it('are the best of a row’s ranks among the query rows', async () => {
    // Rows by columns: two query rows. The first orders rows 0 1 3 2, the second 2 1 3 0.
    const similarities = Float32Array.of(0.9, 0.1, 0.8, 0.7, 0.1, 0.9, 0.2, 0.3);
    expect(await roundsTaken(contextOf(), similarities, 2)).toEqual(Float64Array.of(1, 2, 1, 3));
  });

  it('are shared by equal rows, and none of a row that has no similarities', async () => {
    expect(await roundsTaken(contextOf(), Float32Array.of(0.5, NaN, 0.5, 0.9), 1)).toEqual(Float64Array.of(2.5, NaN, 2.5, 1));
  });

  it('are those in which query rows that pop their lists in turns first pop a row', async () => {
    const random = new Random('rounds');
    const [numRows, numQueries] = [40, 6];
    const similarities = Float32Array.from({ length: numRows * numQueries }, () => 2 * random.uniform() - 1);
    const lists = Array.from({ length: numQueries }, (_, q) =>
      Array.from({ length: numRows }, (__, i) => i).sort((i, j) => similarities[j * numQueries + q]! - similarities[i * numQueries + q]!),
    );
    const popped = new Map<number, number>();
    for (let round = 1; popped.size < numRows; round++) {
      for (const list of lists) {
        const row = list.shift()!;
        if (!popped.has(row)) popped.set(row, round);
      }
    }
    const rounds = await roundsTaken(contextOf(), similarities, numQueries);
    expect([...rounds]).toEqual(Array.from({ length: numRows }, (_, i) => popped.get(i)));
  });
});

describe('rds', () => {
  it('is the largest cosine of pooled states with those of trusted rows', async () => {
    for (const pooling of ['weighted-mean', 'answer-last'] as const) {
      const stateOf = async (list: typeof rows) => {
        const states = await pooledStates(contextOf(), { rows: list, phase: 'states' }, { layers: ['normed'], poolings: [pooling] });
        return list.map((_, i) => [...states.of('normed', pooling).subarray(i * hiddenSize, (i + 1) * hiddenSize)]);
      };
      const queries = await stateOf(trusted);
      const product = (x: number[], y: number[]) => x.reduce((sum, value, d) => sum + value * y[d]!, 0);
      const expected = (await stateOf(rows)).map((x) =>
        Math.max(...queries.map((y) => product(x, y) / Math.sqrt(product(x, x) * product(y, y)))),
      );
      const { scores, columns } = await fit({ pooling, selection: 'max' });
      expect(scores).toBeAllclose(expected, F32_FORWARD);
      expect(columns['max_similarity']).toEqual(scores);
      expect((await fit({ pooling })).columns['max_similarity']).toEqual(scores);
    }
  });

  it('finds the trusted rows themselves, in the first round', async () => {
    const { scores, columns } = await fit({}, { pool: poolOf([...rows, ...trusted]) });
    for (let i = rows.length; i < rows.length + trusted.length; i++) {
      expect(columns['max_similarity']![i]).toBeCloseTo(1, 6);
      expect(columns['round']![i]).toBe(1);
      expect(scores[i]).toBeCloseTo(-0.5, 6);
    }
    expect(Math.max(...scores.subarray(0, rows.length))).toBeLessThan(Math.min(...scores.subarray(rows.length)));
  });

  it('orders by the similarity to a single trusted row, however it is selected', async () => {
    const one = { trusted: trusted.slice(0, 1) };
    const [turns, max] = [await fit({}, one), await fit({ selection: 'max' }, one)];
    const order = (scores: Float64Array) => [...scores.keys()].sort((i, j) => scores[j]! - scores[i]!);
    expect(order(turns.scores)).toEqual(order(max.scores));
    expect([...turns.columns['round']!].sort((a, b) => a - b)).toEqual(rows.map((_, i) => i + 1));
  });

  it('does not depend on the order of trusted rows, nor on copies of them or rows without an answer among them', async () => {
    for (const selection of ['max', 'round-robin']) {
      const { scores } = await fit({ selection });
      expect((await fit({ selection }, { trusted: [3, 0, 4, 2, 1].map((i) => trusted[i]!) })).scores).toEqual(scores);
      const padded = [...trusted, trusted[2]!, trusted[2]!, rowWithoutTargets('none', 24)];
      expect((await fit({ selection }, { trusted: padded })).scores).toBeAllclose(scores, F32_FORWARD);
    }
  });

  it('scores rows it never saw by their similarity, but has no round for them', async () => {
    expect((await fit()).score).toBeUndefined();
    const { score } = await fit({ selection: 'max' });
    expect(await score!(poolOf(trusted))).toBeAllclose(new Float64Array(5).fill(1), F32_FORWARD);
  });

  it('says what is missing', async () => {
    for (const none of [[], [rowWithoutTargets('none', 24)]])
      await expect(fit({}, { trusted: none })).rejects.toMatchObject({ code: 'E_DATA', where: 'method rds' });
    await expect(fit({ layer: 99 })).rejects.toMatchObject({ code: 'E_CONFIG', where: 'layer' });
    await expect(fit({ layer: 'fourth' })).rejects.toThrow('expected a layer, from 1');
    const many = Array.from({ length: 25_000 }, () => trusted[0]!);
    const large = poolOf(Array.from({ length: 25_000 }, () => rowWithoutTargets('none', 24)));
    await expect(fit({}, { trusted: many, pool: large, batchSize: 2500 })).rejects.toMatchObject({ code: 'E_CONFIG', where: 'selection' });
  });
});
