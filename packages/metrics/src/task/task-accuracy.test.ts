import { NumericError } from '@pharmacist/core';
import { describe, expect, it } from 'vitest';
import { gsm8k } from './gsm8k.ts';
import { sst2 } from './sst2.ts';
import { scoreAnswers, taskAccuracy } from './task-accuracy.ts';

const answered = (answer: string, reference: string) => ({ answer, reference });

describe('taskAccuracy', () => {
  it('counts and tabulates answers worked out by hand', () => {
    const items = scoreAnswers(
      sst2,
      [
        answered('positive', 'positive'),
        answered('positive', 'negative'),
        answered('Positive', '1'),
        answered('negative', 'positive'),
        answered('negative', 'negative'),
        answered('maybe', 'negative'),
        answered(' \n', 'negative'),
        answered('', 'positive'),
      ],
      'exact',
    );
    const accuracy = taskAccuracy(items, { labels: sst2.labels });
    expect(accuracy).toMatchObject({ value: 37.5, numItems: 8, numCorrect: 3, numUnparsable: 1, numEmpty: 2 });
    expect(accuracy.perClass).toEqual([
      // Of 4 negative rows 1 is found; of 2 answers "negative" 1 is right.
      { label: 'negative', numItems: 4, numPredicted: 2, precision: 1 / 2, recall: 1 / 4, f1: 1 / 3 },
      { label: 'positive', numItems: 4, numPredicted: 3, precision: 2 / 3, recall: 1 / 2, f1: 4 / 7 },
    ]);
    // Wilson's of 3 in 8.
    expect(accuracy.interval.low).toBeCloseTo(13.68, 2);
    expect(accuracy.interval.high).toBeCloseTo(69.43, 2);
  });

  it('has the width of the binomial', () => {
    const items = scoreAnswers(
      sst2,
      Array.from({ length: 400 }, (_, i) => answered(i % 4 === 0 ? 'negative' : 'positive', 'positive')),
    );
    const accuracy = taskAccuracy(items, { labels: sst2.labels });
    const half = 1.96 * Math.sqrt(0.75 * 0.25 * 400) * (100 / 400);
    expect(accuracy.value).toBe(75);
    expect(Math.abs(accuracy.interval.low - (75 - half))).toBeLessThan(0.15 * half);
    expect(Math.abs(accuracy.interval.high - (75 + half))).toBeLessThan(0.15 * half);
    // No negative row: no recall; none of the answers "negative" was right.
    expect(accuracy.perClass[0]).toEqual({ label: 'negative', numItems: 0, numPredicted: 100, precision: 0, recall: null, f1: 0 });
  });

  it('has no table without classes and no value without items', () => {
    const accuracy = taskAccuracy(scoreAnswers(gsm8k, [answered('so 5', '#### 5')]), { labels: gsm8k.labels });
    expect(accuracy).toMatchObject({ value: 100, interval: { high: 100 }, perClass: [] });
    expect(() => taskAccuracy([])).toThrow(NumericError);
  });
});
