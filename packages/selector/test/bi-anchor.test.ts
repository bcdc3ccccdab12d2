import { DataError } from '@pharmacist/core';
import { adapterParameters, collate, createAdapter, rowMeanWeights, type TokenizedRow } from '@pharmacist/language-model';
import { randomRows } from '@pharmacist/language-model/test-support';
import type {} from '@pharmacist/tooling/vitest/matchers';
import { describe, expect, it } from 'vitest';
import { biAnchor } from '../src/bi-anchor/bi-anchor.ts';
import { firstAnswerTokens } from '../src/bi-anchor/first-tokens.ts';
import { pooledStates } from '../src/states/pooled-states.ts';
import { Attempt, type AttemptOptions } from './support/attempt.ts';
import { useFixtureModel } from './support/fixture-model.ts';
import { poolOf, rowWithoutTargets } from './support/pool-rows.ts';

const model = await useFixtureModel('llama');
const rows = randomRows('anchored rows', 7);
const trusted = randomRows('trusted anchors', 6);
const harmful = randomRows('harmful anchors', 3);
const OPTIONS = { anchorTokens: 3, loraRank: 2 };
const FORMS = [OPTIONS, { form: 'representations', numNearest: 2 }] as const;

async function fit(config: object, options: Partial<AttemptOptions> = {}) {
  const attempt = new Attempt({ model, pool: poolOf(rows), trusted, harmful, ...options });
  return { ...(await biAnchor.fit(attempt.context, config)), attempt };
}

const inner = (x: ArrayLike<number>, y: ArrayLike<number>) => Array.from(x).reduce((sum, value, i) => sum + value * y[i]!, 0);
const cosine = (x: ArrayLike<number>, y: ArrayLike<number>) => inner(x, y) / Math.sqrt(inner(x, x) * inner(y, y));
const meanOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** By which a run with seed 0 compares gradients; its alpha is another. */
const adapter = createAdapter(
  model.config,
  { rank: 2, alpha: 16 },
  new Attempt({ model, pool: [] }).context.random.split('adapter').integer(2 ** 31),
);

/** Of the mean loss over the first targets of a row that stands alone and whole. */
async function gradientOf(row: TokenizedRow, numTargets = Infinity): Promise<number[]> {
  const whole = collate([row], { padId: 0, lengthBuckets: [24], batchSize: 1 });
  const count = Math.min(numTargets, whole.numTargets);
  const batch = {
    ...whole,
    targetWeights: whole.targetWeights.map((weight, k) => (k < count ? weight : 0)),
    rowTargetCounts: Float32Array.of(count),
  };
  const { gradients } = await model.gradient(batch, adapter, rowMeanWeights(batch));
  return [...adapterParameters(adapter).keys()].flatMap((name) => [...gradients.get(name)!]);
}

describe('gradients', () => {
  it('score a row as one row at a time does, whole rows against the first answer tokens of anchors', async () => {
    const pool = poolOf([rows[0]!, rowWithoutTargets('none', 24), ...rows.slice(1)]);
    const { scores, columns, attempt } = await fit(OPTIONS, { pool });
    const gradientsOfAnchors = async (anchors: readonly TokenizedRow[]) =>
      await Promise.all(anchors.map(async (row) => await gradientOf(row, 3)));
    const [safe, unsafe] = [await gradientsOfAnchors(trusted), await gradientsOfAnchors(harmful)];
    const expected = [];
    for (const row of rows) {
      const g = await gradientOf(row);
      const near = (anchors: readonly number[][]) => meanOf(anchors.map((u) => cosine(g, u)));
      // As published, with the trusted rows as two sets of one size, and the sign turned.
      expected.push(-(near(unsafe) - near(safe.slice(0, 3)) - near(safe.slice(3))));
    }
    expect(columns['cosine_trusted']![1]).toBeNaN();
    expect(scores.filter((_, i) => i !== 1)).toBeAllclose(expected, { rtol: 1e-4, atol: 1e-5 });
    expect(Math.max(...expected) - Math.min(...expected)).toBeGreaterThan(0.1);
    // 7 rows of the pool, 6 and 3 anchors in batches of 4.
    expect(attempt.passes).toEqual({ forward: 5, forwardRows: 16, backward: 5, backwardRows: 16 });
  });

  it('are those by B alone: at a fresh adapter those by A vanish', async () => {
    const batch = collate([rows[0]!], { padId: 0, lengthBuckets: [24], batchSize: 1 });
    const { gradients } = await model.gradient(batch, adapter, rowMeanWeights(batch));
    for (const [name, gradient] of gradients)
      expect(
        gradient.some((value) => value !== 0),
        name,
      ).toBe(name.includes('lora_B'));
  });

  it('are taken over the whole answer of an anchor where it has no more tokens', async () => {
    const long = await fit({ ...OPTIONS, anchorTokens: 1000 });
    const longer = await fit({ ...OPTIONS, anchorTokens: 2000 });
    expect(long.scores).toEqual(longer.scores);
    expect((await fit(OPTIONS)).scores).not.toEqual(long.scores);
  });

  it('give the only trusted row cosine 1 with itself, if its whole answer is taken', async () => {
    const { scores, columns } = await fit({ ...OPTIONS, anchorTokens: 100, trustedWeight: 3 }, { trusted: [rows[2]!] });
    expect(columns['cosine_trusted']![2]).toBeCloseTo(1, 5);
    expect(scores[2]).toBeCloseTo(3 - columns['cosine_harmful']![2]!, 5);
    expect(Math.max(...columns['cosine_trusted']!.filter((_, i) => i !== 2))).toBeLessThan(0.99);
  });
});

describe('representations', () => {
  it('score a row by the states of one row at a time', async () => {
    const { scores, columns, attempt } = await fit({ form: 'representations', numNearest: 2 });
    const stateOf = async (row: TokenizedRow) => {
      const { context } = new Attempt({ model, pool: [], batchSize: 1 });
      return (await pooledStates(context, { rows: [row], phase: 'x' }, { layers: ['normed'], poolings: ['last'] })).of('normed', 'last');
    };
    const statesOf = async (of: readonly TokenizedRow[]) => {
      const states = [];
      for (const row of of) states.push(await stateOf(row));
      return states;
    };
    const [safe, unsafe] = [await statesOf(trusted), await statesOf(harmful)];
    const near = (h: Float32Array, anchors: readonly Float32Array[]) => {
      const [first, second] = anchors.map((a) => cosine(h, a)).sort((a, b) => b - a);
      return (first! + second!) / 2;
    };
    const expected = (await statesOf(rows)).map((h) => near(h, safe) - near(h, unsafe));
    expect(scores).toBeAllclose(expected, { rtol: 1e-4, atol: 1e-5 });
    expect(scores).toEqual(columns['cosine_trusted']!.map((value, i) => value - columns['cosine_harmful']![i]!));
    expect(attempt.passes).toEqual({ forward: 5, forwardRows: 16 });
  });

  it('take all anchors where there are not so many', async () => {
    const [many, more] = [await fit({ form: 'representations', numNearest: 6 }), await fit({ form: 'representations', numNearest: 60 })];
    expect(many.scores).toEqual(more.scores);
  });
});

describe.each(FORMS)('%o', (config) => {
  it('takes anchors in any order, to the bit', async () => {
    const { scores } = await fit(config);
    const turned = await fit(config, { trusted: [...trusted.slice(4), ...trusted.slice(0, 4)], harmful: harmful.toReversed() });
    expect(turned.scores).toEqual(scores);
  });

  it('makes of equal trusted rows what it makes of one', async () => {
    const one = await fit(config, { trusted: trusted.slice(0, 1) });
    const five = await fit(config, { trusted: Array.from({ length: 5 }, () => trusted[0]!) });
    expect(five.scores).toBeAllclose(one.scores, { rtol: 1e-5, atol: 1e-6 });
    expect(new Set(one.scores).size).toBe(rows.length);
  });

  it('leaves anchors without an answer out', async () => {
    const none = rowWithoutTargets('none', 24);
    const { scores } = await fit(config, { trusted: [none, ...trusted], harmful: [...harmful, none] });
    expect(scores).toEqual((await fit(config)).scores);
  });

  it.each(['trusted', 'harmful'] as const)('cannot do without %s rows', async (role) => {
    expect(biAnchor.needs?.(config)).toContain(role);
    for (const left of [[], [rowWithoutTargets('none', 24)]]) {
      const error = await fit(config, { [role]: left }).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(DataError);
      expect(String(error)).toContain(`there are no ${role} rows with an answer`);
    }
  });

  it('ranks rows that answer as the trusted ones do above those that answer as the harmful ones', async () => {
    const drawn = (seed: string, count: number, first: number) => randomRows(seed, count, { length: 20, answerIds: [first, first + 2] });
    const [good, bad] = [drawn('good', 8, 5), drawn('bad', 8, 80)];
    const { scores } = await fit(config, {
      pool: poolOf([...good, ...bad]),
      trusted: drawn('trusted', 16, 5),
      harmful: drawn('harmful', 16, 80),
    });
    const pairs = good.flatMap((_, i) => bad.map((__, j): number => (scores[i]! > scores[8 + j]! ? 1 : 0)));
    expect(meanOf(pairs)).toBeGreaterThan(0.9);
  });
});

describe('the first answer tokens of a row', () => {
  const row: TokenizedRow = { inputIds: Int32Array.of(3, 4, 5, 6, 7), numPromptTokens: 2, truncated: false, hasTargets: true };

  it.each([
    [2, 1, [3, 4, 5]],
    [2, 3, [3, 4, 5, 6, 7]],
    [2, 9, [3, 4, 5, 6, 7]],
    [0, 2, [3, 4, 5]], // nothing predicts the first token
  ])('behind %i prompt tokens, %i', (numPromptTokens, count, expected) => {
    expect([...firstAnswerTokens({ ...row, numPromptTokens }, count).inputIds]).toEqual(expected);
  });
});
