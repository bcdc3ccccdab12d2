import { randomRows } from '@pharmacist/language-model/test-support';
import type {} from '@pharmacist/tooling/vitest/matchers';
import { expect, it } from 'vitest';
import { bilevel } from '../src/bilevel/bilevel.ts';
import { standardise } from '../src/standardise.ts';
import { Attempt } from './support/attempt.ts';
import { useFixtureModel } from './support/fixture-model.ts';
import { poolOf, rowWithoutTargets } from './support/pool-rows.ts';
import { SMALL } from './support/small-config.ts';

const model = await useFixtureModel('llama');

const CONFIG = { ...SMALL, checkpoints: [0] };
const WORDS = [3, 20] as const;
const trusted = randomRows('trusted', 6, { answerIds: WORDS });
// The first five are worded as the trusted rows are.
const pool = poolOf([
  ...randomRows('alike', 5, { answerIds: WORDS }),
  ...randomRows('other', 7, { answerIds: [40, 96] }),
  rowWithoutTargets('none', 24),
]);

async function fit(wordWeight: number, options: { trusted: typeof trusted } = { trusted }) {
  const { context } = new Attempt({ model, pool, harmful: randomRows('harmful', 5), ...options });
  return await bilevel.fit(context, { ...CONFIG, wordWeight });
}

it('adds the standardised mean log ratio to the standardised score by influences, and lifts rows that are worded as trusted rows', async () => {
  const [plain, both] = [await fit(0), await fit(0.5)];
  const known = plain.scores.map((score, i) => (pool[i]!.tokens.hasTargets ? score : NaN));
  expect(both.columns['influence_score']!.slice(0, -1)).toBeAllclose(known.slice(0, -1), { rtol: 0, atol: 0 });
  const words = standardise(Float64Array.from(both.columns['word_ratio']!));
  const expected = standardise(known).map((value, i) => value + 0.5 * words[i]!);
  expect(both.scores.slice(0, -1)).toBeAllclose(expected.slice(0, -1), { rtol: 1e-12, atol: 1e-12 });
  expect(both.scores.at(-1)).toBeLessThan(Math.min(...both.scores.slice(0, -1)));
  expect(Math.min(...words.slice(0, 5))).toBeGreaterThan(Math.max(...words.slice(5, -1)));
});

it('is left out where rows of the pool stand in for trusted ones', async () => {
  const { columns, scores } = await fit(0.5, { trusted: [] });
  expect(columns).not.toHaveProperty('word_ratio');
  expect(scores).toEqual((await fit(0, { trusted: [] })).scores);
});
