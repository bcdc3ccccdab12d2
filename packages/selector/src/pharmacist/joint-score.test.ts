import '@pharmacist/tooling/vitest/matchers';
import { expect, it } from 'vitest';
import { normalQuantile } from '../learning/normal-quantile.ts';
import { jointScore, sumOfPenalties } from './joint-score.ts';

const s = (z: number) => Math.log(1 + Math.exp(-z));
/** Normal scores of three values in order. */
const [low, middle, high] = [normalQuantile(1 / 6), 0, normalQuantile(5 / 6)] as const;
const weights = { words: 1.5, similarity: 2, form: 0.5, poolWords: 0.75 };
const pool = {
  words: Float64Array.of(7, -1, 3),
  similarities: [Float32Array.of(0.1, 0.2, 0.3), Float32Array.of(0.9, 0.5, 0.7)],
  form: Float64Array.of(2, -4, 0),
  poolWords: Float64Array.of(-6, 2, -5),
};
const close = { rtol: 1e-12, atol: 1e-12 };

it('is the formula: normal scores of words, of those of the pool and of similarities, the log-odds of form, each through the soft minimum', () => {
  const penalties = jointScore(pool, weights)(pool);
  expect(penalties.words).toBeAllclose(
    [high, low, middle].map((z) => -1.5 * s(z)),
    close,
  );
  expect(penalties.similarity).toBeAllclose(
    [s(low) + s(high), s(middle) + s(low), s(high) + s(middle)].map((sum) => -sum),
    close,
  );
  expect(penalties.form).toBeAllclose(
    [2, -4, 0].map((logOdds) => -0.5 * s(logOdds)),
    close,
  );
  expect(penalties.poolWords).toBeAllclose(
    [low, high, middle].map((z) => -0.75 * s(z)),
    close,
  );
  const scores = sumOfPenalties(penalties);
  expect(scores).toBeAllclose(
    [0, 1, 2].map((i) => penalties.words[i]! + penalties.similarity[i]! + penalties.form[i]! + penalties.poolWords[i]!),
    close,
  );
  // The best value takes something, too, and the worst about itself.
  expect(Math.max(...scores)).toBeLessThan(0);
});

it('puts other rows on the scale of the pool', () => {
  const other = { words: Float64Array.of(3), similarities: [Float32Array.of(0.2), Float32Array.of(2)], form: Float64Array.of(-4) };
  const { words, similarity, form } = jointScore(pool, weights)(other);
  expect([words[0]!, similarity[0]!, form[0]!]).toBeAllclose([-1.5 * s(middle), -(s(middle) + s(high)), -0.5 * s(-4)], close);
});

it('leaves out a head that is not there', () => {
  const { form: _form, ...withoutForm } = pool;
  const { words: _words, ...withoutWords } = pool;
  const { poolWords: _poolWords, ...withoutPoolWords } = pool;
  expect(jointScore(withoutForm, weights)(withoutForm)).toEqual({ ...jointScore(pool, weights)(pool), form: new Float64Array(3) });
  expect(jointScore(withoutWords, weights)(withoutWords)).toEqual({ ...jointScore(pool, weights)(pool), words: new Float64Array(3) });
  expect(jointScore(withoutPoolWords, weights)(withoutPoolWords)).toEqual({
    ...jointScore(pool, weights)(pool),
    poolWords: new Float64Array(3),
  });
  const wordsAlone = { words: pool.words, similarities: [] };
  expect(jointScore(wordsAlone, weights)(wordsAlone).similarity).toEqual(new Float64Array(3));
});

it('keeps NaN where a head knows nothing of a row', () => {
  const gaps = { ...pool, words: Float64Array.of(7, NaN, 3), similarities: [Float32Array.of(NaN, 0.2, 0.3), pool.similarities[1]!] };
  const penalties = jointScore(gaps, weights)(gaps);
  expect([...penalties.words].map(Number.isNaN)).toEqual([false, true, false]);
  expect([...penalties.similarity].map(Number.isNaN)).toEqual([true, false, false]);
  expect([...sumOfPenalties(penalties)].map(Number.isNaN)).toEqual([true, true, false]);
});
