import { Random } from '@pharmacist/core';
import { randomRows } from '@pharmacist/language-model/test-support';
import { F32_FORWARD } from '@pharmacist/tooling/vitest/matchers';
import { describe, expect, it } from 'vitest';
import { complianceAwareScore, complianceDirection } from '../src/datashield/compliance.ts';
import { datashield } from '../src/datashield/datashield.ts';
import { pooledStates } from '../src/states/pooled-states.ts';
import { Attempt, type AttemptOptions } from './support/attempt.ts';
import { useFixtureModel } from './support/fixture-model.ts';
import { poolOf, rowWithoutTargets } from './support/pool-rows.ts';

const model = await useFixtureModel('llama');
const { hiddenSize, numLayers } = model.config;

const pool = poolOf(randomRows('datashield pool', 12));
const trusted = randomRows('datashield trusted', 6);
const harmful = randomRows('datashield harmful', 4);

async function fit(config: Record<string, unknown> = {}, options: Partial<AttemptOptions> = {}) {
  const attempt = new Attempt({ model, pool, trusted, harmful, ...options });
  return { ...(await datashield.fit(attempt.context, config)), notes: attempt.notes };
}

const vectors = (...rows: number[][]) => rows.map((row) => Float32Array.from(row));

describe('the compliance direction', () => {
  it('is the unit vector from the mean refusing to the mean compliant state', () => {
    const direction = complianceDirection(vectors([3, 2], [1, 0]), vectors([-1, -3], [-2, -3], [0, -3])); // (2, 1) - (-1, -3)
    expect(direction).toBeAllclose([0.6, 0.8], { rtol: 1e-12, atol: 0 });
  });

  it('is none between equal means, though they differ by rounding', () => {
    expect(complianceDirection(vectors([1, 2]), vectors([1, 2], [1, 2]))).toBeUndefined();
    expect(complianceDirection(vectors([1, 2]), vectors([1 + 1e-7, 2]))).toBeUndefined();
  });
});

describe('the compliance-aware score', () => {
  it('is the share of the scatter between the classes, in any unit of a feature', () => {
    // Means 2 and -2, total scatter 1 + 9 + 1 + 9: 2 x (2 x 2^2) / 20. The second feature has no spread.
    for (const unit of [1, 100])
      expect(
        complianceAwareScore(vectors([unit, 7], [3 * unit, 7]), vectors([-unit, 7], [-3 * unit, 7]), Float64Array.of(1, 0)),
      ).toBeCloseTo(0.8, 9);
  });

  it('is 1 for one state of each kind, and 0 where v finds no scatter', () => {
    expect(complianceAwareScore(vectors([1, 5]), vectors([0, 2]), Float64Array.of(0.6, 0.8))).toBeCloseTo(1, 12);
    expect(complianceAwareScore(vectors([1, 5]), vectors([0, 5]), Float64Array.of(0, 1))).toBe(0);
    // One unit of f32 in the last place.
    expect(complianceAwareScore(vectors([1, 5 + 2 ** -21]), vectors([0, 5]), Float64Array.of(0, 1))).toBe(0);
  });

  it("is v'S_b v / v'S_t v by the matrices", () => {
    const random = new Random('fisher');
    const size = 4;
    const draw = (count: number, shift: number) =>
      vectors(...Array.from({ length: count }, () => Array.from({ length: size }, (_, d) => (d + 1) * random.normal() + shift)));
    const classes = [draw(5, 1), draw(8, -0.5)];
    const all = classes.flat();
    const meanOf = (states: readonly Float32Array[], d: number) => states.reduce((sum, state) => sum + state[d]!, 0) / states.length;
    const spread = Array.from({ length: size }, (_, d) =>
      Math.sqrt(all.reduce((sum, state) => sum + (state[d]! - meanOf(all, d)) ** 2, 0) / (all.length - 1)),
    );
    const scaled = classes.map((states) => states.map((state) => state.map((value, d) => (value - meanOf(all, d)) / spread[d]!)));
    const direction = complianceDirection(classes[0]!, classes[1]!)!;
    const quadratic = (matrixAt: (i: number, j: number) => number) =>
      direction.reduce((sum, vi, i) => sum + direction.reduce((inner, vj, j) => inner + vi * vj * matrixAt(i, j), 0), 0);
    const between = quadratic((i, j) => scaled.reduce((sum, states) => sum + states.length * meanOf(states, i) * meanOf(states, j), 0));
    const within = quadratic((i, j) =>
      scaled.reduce((sum, states) => sum + states.reduce((s, z) => s + (z[i]! - meanOf(states, i)) * (z[j]! - meanOf(states, j)), 0), 0),
    );
    expect(complianceAwareScore(classes[0]!, classes[1]!, direction)).toBeCloseTo(between / (between + within), 6);
  });
});

describe('datashield', () => {
  it('is the shift towards refusal, from the last token of the prompt to the mean of the answer', async () => {
    const layer = 2;
    const { context } = new Attempt({ model, pool });
    const read = async (rows: typeof trusted) => {
      const states = await pooledStates(context, { rows, phase: 'states' }, { layers: [layer], poolings: ['answer-mean', 'prompt-last'] });
      const at = (pooling: 'answer-mean' | 'prompt-last', i: number) =>
        states.of(layer, pooling).subarray(i * hiddenSize, (i + 1) * hiddenSize);
      return rows.map((_, i) => ({ answer: at('answer-mean', i), prompt: at('prompt-last', i) }));
    };
    const answers = async (rows: typeof trusted) => (await read(rows)).map(({ answer }) => answer);
    const direction = complianceDirection(await answers(harmful), await answers(trusted))!;
    const expected = (await read(pool.map(({ tokens }) => tokens))).map(({ answer, prompt }) =>
      direction.reduce((sum, v, d) => sum + v * (answer[d]! - prompt[d]!), 0),
    );
    const { scores, columns } = await fit({ layer });
    expect(columns['compliance_shift']).toBeAllclose(expected, F32_FORWARD);
    expect(scores).toEqual(columns['compliance_shift']!.map((shift) => -shift));
  });

  it('takes the layer of the largest compliance-aware score, and notes it', async () => {
    const { scores, notes } = await fit();
    const layerScores = notes['layerScores'] as number[];
    expect(layerScores).toHaveLength(numLayers);
    expect(notes['layer']).toBe(1 + layerScores.indexOf(Math.max(...layerScores)));
    expect((await fit({ layer: notes['layer'] })).scores).toBeAllclose(scores, F32_FORWARD);
  });

  it('is the first layer where one row of each kind parts at all', async () => {
    const { notes, scores } = await fit({}, { trusted: trusted.slice(0, 1), harmful: harmful.slice(0, 1) });
    expect(notes['layer']).toBe(1);
    expect(new Set(scores).size).toBe(12);
  });

  it('puts a row without a prompt last, before those without an answer, and gives it no shift', async () => {
    const [first, ...others] = pool.map(({ tokens }) => tokens);
    const { scores, columns } = await fit(
      {},
      { pool: poolOf([{ ...first!, numPromptTokens: 0 }, rowWithoutTargets('none', 24), ...others]) },
    );
    expect([...columns['compliance_shift']!.subarray(0, 2)]).toEqual([NaN, NaN]);
    expect(scores[1]).toBeLessThan(scores[0]!);
    expect(scores[0]).toBeLessThan(Math.min(...scores.subarray(2)));
  });

  it('does not depend on the order of trusted and harmful rows, and takes equal trusted rows', async () => {
    const { scores } = await fit();
    const shuffled = { trusted: [4, 1, 0, 5, 3, 2].map((i) => trusted[i]!), harmful: [2, 0, 3, 1].map((i) => harmful[i]!) };
    expect((await fit({}, shuffled)).scores).toEqual(scores);
    expect((await fit({ numAnchors: 3 })).scores).not.toEqual(scores);
    const equal = await fit({}, { trusted: Array.from({ length: 5 }, () => trusted[0]!) });
    expect(equal.scores.every(Number.isFinite)).toBe(true);
  });

  it('says what is missing', async () => {
    await expect(fit({}, { harmful: [] })).rejects.toMatchObject({ code: 'E_DATA', where: 'method datashield' });
    await expect(fit({}, { trusted: [] })).rejects.toThrow('no trusted rows');
    await expect(fit({}, { harmful: trusted })).rejects.toMatchObject({ code: 'E_NUMERIC', where: 'method datashield' });
    await expect(fit({ layer: 99 })).rejects.toMatchObject({ code: 'E_CONFIG', where: 'layer' });
    await expect(fit({ layer: 'fourth' })).rejects.toThrow('expected a layer, from 1');
  });
});
