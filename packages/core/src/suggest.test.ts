import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { didYouMean, editDistance, unknownName } from './suggest.ts';

describe('editDistance', () => {
  it.each([
    ['kitten', 'sitting', 3],
    ['flaw', 'lawn', 2],
    ['', 'abc', 3],
    ['abc', '', 3],
    ['same', 'same', 0],
  ])('%s to %s takes %i edits', (a, b, edits) => {
    expect(editDistance(a, b)).toBe(edits);
  });

  it('is a metric', () => {
    const text = fc.string({ maxLength: 8 });
    fc.assert(
      fc.property(text, text, text, (a, b, c) => {
        expect(editDistance(a, b)).toBe(editDistance(b, a));
        expect(editDistance(a, c)).toBeLessThanOrEqual(editDistance(a, b) + editDistance(b, c));
        expect(editDistance(a, b) === 0).toBe(a === b);
      }),
    );
  });
});

describe('didYouMean', () => {
  it('finds the nearest name regardless of case, and none that is far', () => {
    expect(didYouMean('Pharmasist', ['random', 'pharmacist', 'loss'])).toBe('pharmacist');
    expect(didYouMean('sftt', ['stft', 'sft'])).toBe('sft');
    expect(didYouMean('vaccine', ['random', 'loss'])).toBeUndefined();
    expect(didYouMean('x', [])).toBeUndefined();
  });
});

describe('unknownName', () => {
  it('asks only when there is something to ask', () => {
    expect(unknownName('losss', ['loss', 'full'])).toBe('"losss" is unknown. Did you mean "loss"? Known: loss, full.');
    expect(unknownName('bilevel', ['loss', 'full'])).toBe('"bilevel" is unknown. Known: loss, full.');
  });
});
