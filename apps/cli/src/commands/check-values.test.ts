import { describe, expect, it } from 'vitest';
import { checkNumbersAreGiven, checkWhole } from './check-values.ts';

describe('checkNumbersAreGiven', () => {
  const options = [{ seed: { type: 'number' }, out: { type: 'string' } }, { steps: { type: 'number' } }] as const;

  it.each([[['--seed=']], [['--seed', '']], [['--seed=  ']], [['--out', 'x', '--seed=']]])('refuses %j', (words) => {
    expect(() => checkNumbersAreGiven(words, options)).toThrow('--seed is empty');
  });

  it('knows the numbers of every command', () => {
    expect(() => checkNumbersAreGiven(['--steps='], options)).toThrow('--steps is empty');
  });

  it('takes numbers that are given, and leaves texts to others', () => {
    expect(() => checkNumbersAreGiven(['--seed=0', '--seed', '0', '--out=', '', '--seed'], options)).not.toThrow();
  });
});

describe('checkWhole', () => {
  it('names the limit that a whole number is beyond', () => {
    expect(() => checkWhole('seed', 1e20, 0)).toThrow('--seed takes a whole number up to 9007199254740991 (2^53 - 1)');
    expect(() => checkWhole('seed', 1.5, 0)).toThrow('--seed takes a whole number from 0 on, not 1.5');
    expect(() => checkWhole('seed', 2 ** 53 - 1, 0)).not.toThrow();
  });
});
