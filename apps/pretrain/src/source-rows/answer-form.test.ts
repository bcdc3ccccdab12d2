import { Random } from '@pharmacist/core';
import { describe, expect, it } from 'vitest';
import { afterSorry, afterYes, formOfSafeAnswer } from './answer-form.ts';

describe('the form of a safe answer', () => {
  it.each([
    ["Sorry, but I can't assist with that.", 'refusal-bare'],
    ['I cannot help with that, as it is illegal.', 'refusal-reasoned'],
    [`I cannot help with that. ${'It would be harmful to others. '.repeat(8)}`, 'refusal-long'],
    ['Please talk to somebody you trust about it instead.', 'redirection'],
  ])('of %j is %s', (response, form) => {
    expect(formOfSafeAnswer(response)).toBe(form);
  });
});

describe('openers', () => {
  it('are decided by the seed, and leave the answer behind them', () => {
    const refusal = 'I cannot help with that.';
    for (let seed = 0; seed < 20; seed++) {
      expect(afterYes(refusal, new Random(seed))).toBe(afterYes(refusal, new Random(seed)));
      expect(afterYes(refusal, new Random(seed))).toMatch(/^[A-Z].*[.!] I cannot help with that\.$/);
      expect(afterSorry('Sure, water the plants.', new Random(seed))).toMatch(/[.:] Water the plants\.$/);
    }
  });
});
