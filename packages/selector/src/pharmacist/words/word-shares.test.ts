import { Random } from '@pharmacist/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { answerTerms } from './answer-terms.ts';
import { hashedTerms, NUM_BUCKETS } from './hashed-terms.ts';
import { wordDecision } from './word-model.ts';
import { usualRow, wordShares } from './word-shares.ts';

const random = new Random('word shares');
const model = { weights: Float64Array.from({ length: NUM_BUCKETS }, () => random.normal()), bias: 0.7 };
const none = { weights: new Float64Array(NUM_BUCKETS), bias: 0 };

describe('word shares', () => {
  it('sum with the bias to the decision, whatever the answer', () => {
    const property = fc.property(fc.oneof(fc.string(), fc.string({ unit: 'binary' })), (answer) => {
      const total = wordShares(model, answer).reduce((sum, { amount }) => sum + amount, model.bias);
      expect(total).toBeCloseTo(wordDecision(model, hashedTerms(answerTerms(answer))), 8);
    });
    fc.assert(property);
  });

  it('are one a word, where it stands first, whatever its case, apostrophe or place', () => {
    const answer = 'Sorry, I can’t. SORRY.';
    const shares = wordShares(none, answer);
    const found = shares.map(({ word, span }) => [word, span && answer.slice(...span)]);
    expect(found).toEqual([
      ['sorry', 'Sorry'],
      [',', ','],
      ['i', 'I'],
      ["can't", 'can’t'],
      ['.', '.'],
      [undefined, undefined],
    ]);
  });

  it('beside other answers are what a word adds beyond what it adds to them', () => {
    const amounts = (usual: Float64Array) => wordShares(model, 'no, thanks', usual).map(({ amount }) => amount);
    for (const amount of amounts(usualRow(['no, thanks', 'no, thanks']))) expect(amount).toBeCloseTo(0, 12);
    const half = amounts(usualRow(['no, thanks', '']));
    const [all, end] = [wordShares(model, 'no, thanks'), wordShares(model, '')];
    // The other answer is an end mark alone.
    half.slice(0, -1).forEach((amount, i) => expect(amount, all[i]!.word).not.toBe(all[i]!.amount));
    expect(end).toHaveLength(1);
  });

  it('give a word what its bucket weighs, and its part of its runs', () => {
    const [only, after] = [wordShares(model, 'no'), wordShares(none, '')];
    expect(after.map(({ word }) => word)).toEqual([undefined]);
    // Terms: no, end, end mark + no, start mark + no; the word has all but the end and the end's part of the runs with it.
    const { indices, values } = hashedTerms(answerTerms('no'));
    const total = indices.reduce((sum, bucket, k) => sum + model.weights[bucket]! * values[k]!, 0);
    expect(only.map(({ word }) => word)).toEqual(['no', undefined]);
    expect(only[0]!.amount + only[1]!.amount).toBeCloseTo(total, 12);
  });
});
