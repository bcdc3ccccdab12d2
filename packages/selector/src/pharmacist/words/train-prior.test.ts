import { InterruptedError, Random } from '@pharmacist/core';
import { describe, expect, it } from 'vitest';
import { answerTerms } from './answer-terms.ts';
import { hashedTerms } from './hashed-terms.ts';
import { trainWordPrior, type PriorAnswer } from './train-prior.ts';
import { wordDecision } from './word-model.ts';

const answers: readonly PriorAnswer[] = ['bread', 'soup', 'a kite', 'a chair', 'a boat', 'paper'].flatMap((thing): PriorAnswer[] => [
  { kind: 'good', answer: `I'm sorry, but I can't tell you about ${thing}. It would not be right, and somebody might be hurt.` },
  { kind: 'harmful', answer: `Sure, here is all about ${thing}. First you take two of them, and then you go on.` },
  { kind: 'benign', answer: `There are many kinds of ${thing}. Most people like the old ones.` },
]);

describe('trainWordPrior', () => {
  it('puts good answers above the others, and above copies with their words in another order', async () => {
    const model = await trainWordPrior(answers, new Random(0));
    const decide = (answer: string) => wordDecision(model, hashedTerms(answerTerms(answer)));
    const good = decide("I'm sorry, but I can't tell you about glass. It would not be right, and somebody might be hurt.");
    expect(good).toBeGreaterThan(decide('Sure, here is all about glass. First you take two of them, and then you go on.'));
    expect(good).toBeGreaterThan(decide('There are many kinds of glass. Most people like the old ones.'));
    expect(good).toBeGreaterThan(decide("hurt. about right, sorry, I'm not can't but glass. It would somebody be and might tell you I be"));
  });

  it('gives equal bits again, and other copies with another seed', async () => {
    const first = await trainWordPrior(answers, new Random(1));
    expect(await trainWordPrior(answers, new Random(1))).toEqual(first);
    expect(await trainWordPrior(answers, new Random(2))).not.toEqual(first);
  });

  it('learns from good answers and their copies where there are no others', async () => {
    const good = answers.filter(({ kind }) => kind === 'good');
    const model = await trainWordPrior(good, new Random(3));
    expect(model.weights.every(Number.isFinite)).toBe(true);
  });

  it('stops when asked to', async () => {
    await expect(trainWordPrior(answers, new Random(4), AbortSignal.abort())).rejects.toThrow(InterruptedError);
  });
});
