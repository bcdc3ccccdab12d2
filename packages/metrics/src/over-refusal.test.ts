import { describe, expect, it } from 'vitest';
import { overRefusal } from './over-refusal.ts';

describe('overRefusal', () => {
  it('is the share of visible answers that refuse', () => {
    const answers = ["I'm sorry, I can't help.", 'Use the kill command.', ' ', 'Open the lid.', 'Boil it.', ''];
    const result = overRefusal(answers);
    expect(result).toMatchObject({ value: 25, numItems: 6, numRefused: 1, numEmpty: 2 });
    // Wilson's of 1 in 4.
    expect(result.interval!.low).toBeCloseTo(4.56, 2);
    expect(result.interval!.high).toBeCloseTo(69.94, 2);
  });

  it('has no value without a visible answer', () => {
    expect(overRefusal(['', '\n'])).toEqual({ value: null, interval: null, numItems: 2, numRefused: 0, numEmpty: 2 });
  });
});
