import '@pharmacist/tooling/vitest/matchers';
import { DataError, Random } from '@pharmacist/core';
import { describe, expect, it } from 'vitest';
import { answerTerms } from './answer-terms.ts';
import { hashedTerms, NUM_BUCKETS } from './hashed-terms.ts';
import { wordDecision, type WordModel } from './word-model.ts';
import { decodeWordPriors, encodeWordPriors, WORD_PRIORS, wordPrior } from './word-prior.ts';

const models = new Map(WORD_PRIORS.map((name) => [name, drawn(name)]));
const encoded = encodeWordPriors(models);

function drawn(name: string): WordModel {
  const random = new Random(name);
  return { weights: Float64Array.from({ length: NUM_BUCKETS }, () => random.normal()), bias: random.normal() };
}

describe('a file of word priors', () => {
  it('gives every model back, weights to half a step of 127 to the largest', () => {
    const decoded = decodeWordPriors(encoded, 'here');
    expect([...decoded.keys()]).toEqual([...WORD_PRIORS]);
    for (const [name, { weights, bias }] of models) {
      const step = weights.reduce((most, weight) => Math.max(most, Math.abs(weight)), 0) / 127;
      expect(decoded.get(name)!.bias).toBe(bias);
      expect(decoded.get(name)!.weights).toBeAllclose(weights, { rtol: 0, atol: 0.500001 * step });
    }
  });

  it('is the same file once more', () => {
    expect(encodeWordPriors(decodeWordPriors(encoded, 'here'))).toBe(encoded);
  });

  it('holds models without a weight', () => {
    const empty = { weights: new Float64Array(NUM_BUCKETS), bias: 1 };
    const decoded = decodeWordPriors(encodeWordPriors(new Map(WORD_PRIORS.map((name) => [name, empty]))), 'here');
    expect(decoded.get('public')).toEqual(empty);
  });

  it.each([
    ['cut', encoded.slice(0, -100)],
    ['empty', ''],
    ['of a later version', encoded.replace('"formatVersion": 1', '"formatVersion": 2')],
    ['short of a model', encodeWordPriors(new Map([...models].slice(1)))],
    ['with a model of another name', encoded.replace('"without-hh"', '"without-xx"')],
    ['short of weights', encoded.replace(/("weights": ")[^"]{8}/u, '$1')],
    ['with a bias that is no number', encoded.replace(/"bias": [^,]+/u, '"bias": null')],
  ])('is refused when it is %s', (_, text) => {
    expect(text).not.toBe(encoded);
    const decode = () => decodeWordPriors(text, 'assets/damaged.json');
    expect(decode).toThrow(DataError);
    expect(decode).toThrow(expect.objectContaining({ where: 'assets/damaged.json' }));
  });
});

describe('wordPrior', () => {
  const REFUSAL = "I'm sorry, but I can't help with that.";
  const ORDINARY = [
    'Sure! Preheat the oven, mix flour, butter and sugar, and bake the biscuits for twelve minutes.',
    'The museum opens at nine and closes at five. Tickets are sold at the entrance.',
  ];

  it.each(WORD_PRIORS)('%s ships, and puts a refusal above ordinary answers', async (name) => {
    const prior = await wordPrior(name);
    const decide = (answer: string) => wordDecision(prior, hashedTerms(answerTerms(answer)));
    expect(prior.weights.length).toBe(NUM_BUCKETS);
    expect(decide(REFUSAL)).toBeGreaterThan(Math.max(...ORDINARY.map(decide)));
  });

  it('reads its file once', async () => {
    expect(await wordPrior('public')).toBe(await wordPrior('public'));
  });

  it('has four models that differ', async () => {
    const biases = await Promise.all(WORD_PRIORS.map(async (name) => (await wordPrior(name)).bias));
    expect(new Set(biases).size).toBe(WORD_PRIORS.length);
  });
});
