import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { cutAtSentence, cutAtWord, gsm8kAnswer, normalizeText, splitSentences } from './text-shape.ts';

describe('splitSentences', () => {
  it('ends a sentence at a full stop before white space and at a newline, and not inside a number', () => {
    expect(splitSentences('It costs 3.50 now. "Really?" he said.\n\nYes')).toEqual([
      'It costs 3.50 now. ',
      '"Really?" ',
      'he said.\n\n',
      'Yes',
    ]);
  });

  it('loses nothing', () => {
    const words = fc.array(fc.constantFrom('a', 'bc.', '.', '\n', ' ', '?"', '1.2', 'é!')).map((parts) => parts.join(''));
    fc.assert(fc.property(words, (text) => splitSentences(text).join('') === text));
  });
});

describe('cutAtSentence', () => {
  it('keeps whole sentences that fit', () => {
    expect(cutAtSentence('One two. Three four. Five.', 21)).toBe('One two. Three four.');
    expect(cutAtSentence('One two. ', 100)).toBe('One two.');
  });

  it('cuts after a word where the first sentence is too long, and inside a word that alone is too long', () => {
    expect(cutAtSentence('one two three four', 9)).toBe('one two');
    expect(cutAtSentence('abcdefghij', 4)).toBe('abcd');
  });
});

it('normalizeText drops case and punctuation', () => {
  expect(normalizeText('  How do I — "cut" Onions?! ')).toBe('how do i cut onions');
});

it('gsm8kAnswer leaves prose and the answer phrase', () => {
  expect(gsm8kAnswer('He has 2+3=<<2+3=5>>5 eggs.\n#### 5')).toBe('He has 2+3=5 eggs.\nThe final answer is: 5');
});

it('cutAtWord keeps whole words up to the limit', () => {
  expect(cutAtWord('one two three', 7)).toBe('one two');
  expect(cutAtWord('one two three', 8)).toBe('one two');
  expect(cutAtWord('one two', 99)).toBe('one two');
  expect(cutAtWord('abcdef', 4)).toBe('abcd');
});
