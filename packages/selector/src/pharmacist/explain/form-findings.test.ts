import { describe, expect, it } from 'vitest';
import { NUM_ROW_NUMBERS, ROW_NUMBERS } from '../form/row-numbers.ts';
import { formFindings } from './form-findings.ts';

type Name = (typeof ROW_NUMBERS)[number];

/** Numbers by name with what each added and the share of the pool below it. */
function tell(given: Partial<Record<Name, readonly [value: number, amount: number, share: number]>>): string[] {
  const [numbers, amounts] = [new Float64Array(NUM_ROW_NUMBERS), new Float64Array(NUM_ROW_NUMBERS)];
  for (const [i, name] of ROW_NUMBERS.entries()) [numbers[i], amounts[i]] = given[name] ?? [0, 0];
  const placeOf = (i: number) => ({ share: given[ROW_NUMBERS[i]!]![2], rank: 1, numRanked: 10 });
  return formFindings(numbers, amounts, placeOf).map(({ text }) => text);
}

describe('findings of form', () => {
  it('say what moved the row most first, against it and for it, and nothing of what moved it little', () => {
    expect(
      tell({
        end_of_text_loss: [9.12, -0.5, 0.97],
        closed_end: [0, -0.9, 0.1],
        log_tokens: [Math.log(12), 0.4, 0.08],
        capital_start: [1, -0.01, 0.5],
      }),
    ).toEqual([
      'against it: it ends without a full stop',
      'against it: the end comes as a surprise to the model (end-of-text loss 9.1 nats, higher than in 97 % of the pool)',
      'for it: it is short (12 tokens, higher than in 8 % of the pool)',
    ]);
  });

  it('call no number high or low that is neither, and know a cut answer', () => {
    expect(tell({ loss: [3, -1, 0.5], end_of_text_loss: [NaN, -0.5, NaN] })).toEqual([
      'against it: mean loss 3.0 nats, higher than in 50 % of the pool',
      'against it: it is cut off at the longest length',
    ]);
  });

  it('are at most three against and two for a row', () => {
    const all = (amount: number) => tell(Object.fromEntries(ROW_NUMBERS.map((name, i) => [name, [1, amount * (1 + i), 0.9] as const])));
    expect(all(-1)).toHaveLength(3);
    expect(all(1)).toHaveLength(2);
    expect(all(-1).every((text) => text.startsWith('against it: '))).toBe(true);
  });

  it('have words for every number', () => {
    for (const name of ROW_NUMBERS) {
      const [high] = tell({ [name]: [1, -1, 0.9] });
      const [low] = tell({ [name]: [0, -1, 0.1] });
      expect(high).not.toBe(low);
    }
  });
});
