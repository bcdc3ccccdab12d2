import { randomRows } from '@pharmacist/language-model/test-support';
import { describe, expect, it } from 'vitest';
import { bilevel } from '../src/bilevel/bilevel.ts';
import { Attempt, type AttemptOptions, Disk } from './support/attempt.ts';
import { useFixtureModel } from './support/fixture-model.ts';
import { poolOf } from './support/pool-rows.ts';
import { SMALL } from './support/small-config.ts';

const model = await useFixtureModel('qwen2');

const pool = poolOf(randomRows('pool', 18));
const others = { harmful: randomRows('harmful', 5), trusted: randomRows('trusted', 5) };
// Influences alone: word-ratio.test.ts has words.
const ONE = { ...SMALL, checkpoints: [0], wordWeight: 0 };

type Fitted = Awaited<ReturnType<typeof bilevel.fit>> & { attempt: Attempt };

async function fitted(config: Record<string, unknown>, options: Partial<AttemptOptions> = {}): Promise<Fitted> {
  const attempt = new Attempt({ model, pool, ...others, ...options });
  return { ...(await bilevel.fit(attempt.context, config)), attempt };
}

/** Many tests compare with the same few: what differs in its configuration alone is made once. */
const known = new Map<string, Promise<Fitted>>();
async function fit(config: Record<string, unknown>, options?: Partial<AttemptOptions>): Promise<Fitted> {
  if (options !== undefined) return await fitted(config, options);
  const key = JSON.stringify(config);
  if (!known.has(key)) known.set(key, fitted(config));
  return await known.get(key)!;
}

describe('influences', () => {
  it('have a column each, and only those asked for', async () => {
    const { columns } = await fit({ ...ONE, influences: ['pool'] });
    expect(Object.keys(columns)).toEqual(['loss', 'gradient_norm', 'pool_influence']);
    const usual = await fit(ONE);
    expect(Object.keys(usual.columns)).toEqual(['loss', 'gradient_norm', 'validation_influence', 'contrast_influence']);
    const all = await fit({ ...ONE, influences: ['validation', 'pool', 'contrast'] });
    expect(Object.keys(all.columns)).toEqual(['loss', 'gradient_norm', 'validation_influence', 'pool_influence', 'contrast_influence']);
    expect(all.scores).not.toEqual((await fit({ ...ONE, influences: ['validation', 'pool'] })).scores);
  });

  it('contrast without a weight on harmful rows is validation', async () => {
    const { scores } = await fit({ ...ONE, influences: ['contrast'], harmfulWeight: 0 });
    expect(scores).toEqual((await fit({ ...ONE, influences: ['validation'] })).scores);
    expect(scores).not.toEqual((await fit({ ...ONE, influences: ['contrast'], harmfulWeight: 0.5 })).scores);
  });

  it('contrast and the toxic LoRA need harmful rows; validation and pool do not', async () => {
    await expect(fit(ONE, { harmful: [] })).rejects.toThrow('need harmful rows');
    await expect(fit({ ...ONE, influences: ['validation'], toxic: 'init' }, { harmful: [] })).rejects.toThrow('need harmful rows');
    expect((await fit({ ...ONE, influences: ['validation', 'pool'] }, { harmful: [] })).scores).toHaveLength(18);
  });
});

describe('the amortised scorer', () => {
  it('has the influences of its sample alone, what was measured of them in a column of its own, and a prediction of every row', async () => {
    const { columns } = await fit({ ...ONE, wordWeight: 0.25, scorer: 'amortised', amortisedShare: 0.5 });
    const own = ['validation_influence', 'contrast_influence', 'measured_influence_score', 'influence_score', 'word_ratio'];
    expect(Object.keys(columns)).toEqual(['loss', 'gradient_norm', ...own]);
    expect(own.map((name) => columns[name]!.filter(Number.isFinite).length)).toEqual([9, 9, 9, 18, 18]);
  });
});

describe('each ingredient', () => {
  it.each([
    ['toxic init', { toxic: 'init' }],
    ['toxic shift', { toxic: 'shift' }],
    ['pseudo-validation', { validation: 'pseudo' }],
    ['fewer rounds', { checkpoints: [0, 3] }],
    ['the amortised scorer', { scorer: 'amortised' }],
    ['a longer inner problem', { innerSteps: 4 }],
  ])('changes the scores: %s', async (_, change) => {
    expect((await fit({ ...SMALL, ...change })).scores).not.toEqual((await fit(SMALL)).scores);
  });

  it('toxic init goes with every influence over three rounds', async () => {
    const influences = ['validation', 'pool', 'contrast'];
    const { scores, columns } = await fit({ ...SMALL, influences, toxic: 'init' });
    expect(Object.keys(columns)).toEqual([
      'loss',
      'gradient_norm',
      'validation_influence',
      'pool_influence',
      'contrast_influence',
      'influence_score',
      'word_ratio',
    ]);
    expect(scores.every(Number.isFinite)).toBe(true);
    expect(scores).not.toEqual((await fit({ ...SMALL, influences, toxic: 'init', checkpoints: [22] })).scores);
  });

  it('validation falls back to rows of the pool with a warning, unless trusted rows were demanded', async () => {
    const { attempt } = await fit(ONE, { trusted: [] });
    expect(attempt.notes['validation']).toBe('pseudo');
    expect(attempt.warnings.join()).toContain('no trusted validation rows');
    await expect(fit({ ...ONE, validation: 'trusted' }, { trusted: [] })).rejects.toThrow('needs trusted rows');
    expect((await fit(ONE)).attempt).toMatchObject({ notes: { validation: 'trusted' }, warnings: [] });
  });
});

describe('cost', () => {
  // Batches of 4: 5 trusted rows are 2, 4 harmful 1, the pool of 18 is 5.
  const ROUND = 2 + 1 + 5;

  it('without steps is the rounds alone: nothing is trained', async () => {
    const disk = new Disk();
    const { attempt } = await fit(ONE, { disk });
    expect(attempt.passes).toMatchObject({ forward: ROUND, backward: ROUND, forwardRows: 5 + 4 + 18 });
    // The influence pool adds 8 rows of the pool, 2 batches.
    const { passes } = (await fit({ ...ONE, influences: ['validation', 'pool', 'contrast'] })).attempt;
    expect(passes).toMatchObject({ forward: ROUND + 2, backward: ROUND + 2, forwardRows: 5 + 8 + 4 + 18 });
    expect(disk.files.has('lower-level')).toBe(false);
  });

  it('is the rounds, the steps and the toxic steps; pseudo-validation adds a forward pass a round', async () => {
    expect((await fit(SMALL)).attempt.passes).toMatchObject({ forward: 3 * ROUND + 22, backward: 3 * ROUND + 22 });
    const { attempt } = await fit({ ...SMALL, toxic: 'shift', validation: 'pseudo' }); // 6 pseudo rows are 2 batches
    expect(attempt.passes).toMatchObject({ forward: 3 * (ROUND + 5) + 22 + 5, backward: 3 * ROUND + 22 + 5 });
  });

  it('grows by K - 1 steps a round for an inner problem of K steps', async () => {
    expect((await fit({ ...SMALL, innerSteps: 4 })).attempt.passes).toMatchObject({ forward: 3 * (ROUND + 3) + 22 });
  });
});

describe('preference between groups', () => {
  const halves = (scores: Float64Array) => {
    const half = scores.length / 2;
    return (scores.subarray(0, half).reduce((sum, s) => sum + s, 0) - scores.subarray(half).reduce((sum, s) => sum + s, 0)) / half;
  };
  const deviation = (scores: Float64Array) => Math.sqrt(scores.reduce((sum, s) => sum + s * s, 0) / scores.length);
  const config = { ...ONE, influences: ['validation', 'pool'] };

  it('is none where validation rows are drawn as both groups are', async () => {
    const differences: number[] = [];
    for (const seed of ['s0', 's1', 's2', 's3', 's4', 's5']) {
      const { scores } = await fit(config, {
        seed,
        pool: poolOf(randomRows(`pool ${seed}`, 40)),
        trusted: randomRows(`trusted ${seed}`, 20),
      });
      differences.push(halves(scores) / deviation(scores));
    }
    const mean = differences.reduce((sum, difference) => sum + difference, 0) / 6;
    expect(Math.abs(mean)).toBeLessThan(3 * Math.sqrt(4 / 40 / 6)); // three standard errors of the mean difference
  });

  it('is for the group whose answers the validation rows resemble', async () => {
    const rows = [...randomRows('low', 20, { answerIds: [3, 40] }), ...randomRows('high', 20, { answerIds: [50, 96] })];
    const { scores } = await fit(config, { pool: poolOf(rows), trusted: randomRows('trusted', 20, { answerIds: [3, 40] }) });
    expect(halves(scores)).toBeGreaterThan(deviation(scores));
  });
});
