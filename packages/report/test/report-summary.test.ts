import '@pharmacist/tooling/vitest/matchers';
import type { ResultRow } from '@pharmacist/results';
import { describe, expect, it } from 'vitest';
import { clearlyBest, summarize } from '../src/summary.ts';
import { syntheticRow } from './support/synthetic-report.ts';

function row(fields: Partial<ResultRow>): ResultRow {
  return { ...syntheticRow('full', 'sft', 0.1, 0), ...fields };
}

/** A method's cells with the given harmful scores, one a seed. */
function cells(method: string, scores: readonly number[], fields: Partial<ResultRow> = {}): ResultRow[] {
  return scores.map((score, seed) =>
    row({ method, seed, harmfulScoreAfter: score, harmfulScoreAfterLow: score - 3, harmfulScoreAfterHigh: score + 4, ...fields }),
  );
}

describe('summarize', () => {
  it('takes the mean and the t interval over seeds, cut at the bounds of the metric', () => {
    const [entry] = summarize(cells('full', [40, 44, 45])).groups[0]!.entries;
    const estimate = entry!.estimates.harmfulScoreAfter!;
    expect(estimate).toMatchObject({ value: 43, basis: 'seeds', numCells: 3 });
    // s = sqrt(7), t = 4.30265: 43 ± 6.57246.
    expect([estimate.interval!.low, estimate.interval!.high]).toBeAllclose([36.42754, 49.57246], { rtol: 1e-5, atol: 0 });
    expect(summarize(cells('full', [0, 1, 4])).groups[0]!.entries[0]!.estimates.harmfulScoreAfter!.interval!.low).toBe(0);
  });

  it('takes the interval over items for one seed and where every seed gave the same value', () => {
    const one = summarize(cells('full', [20])).groups[0]!.entries[0]!.estimates.harmfulScoreAfter;
    expect(one).toEqual({ value: 20, interval: { low: 17, high: 24 }, basis: 'items', numCells: 1 });
    const same = summarize([
      ...cells('full', [20, 20]),
      row({ seed: 2, harmfulScoreAfter: 20, harmfulScoreAfterLow: 14, harmfulScoreAfterHigh: 30 }),
    ]).groups[0]!.entries[0]!.estimates.harmfulScoreAfter;
    expect(same).toEqual({ value: 20, interval: { low: 16, high: 26 }, basis: 'items', numCells: 3 });
  });

  it('counts the cells that measured a metric and leaves out what none did', () => {
    const [first, second] = cells('full', [10, 20]);
    const { estimates } = summarize([first!, { ...second!, harmfulScoreAfter: undefined, perplexityAfter: undefined }]).groups[0]!
      .entries[0]!;
    expect(estimates.harmfulScoreAfter).toMatchObject({ value: 10, basis: 'items', numCells: 1 });
    expect(summarize([row({ perplexityAfter: undefined })]).groups[0]!.entries[0]!.estimates.perplexityAfter).toBeUndefined();
  });

  it('never averages over anything but the seed', () => {
    const base = cells('full', [10]);
    const variants: Partial<ResultRow>[] = [
      { defense: 'booster' },
      { poisonRatio: 0.2 },
      { loraMode: 'single' },
      { length: '150 steps' },
      { judge: 'refusal-keywords' },
      { task: 'gsm8k' },
      { keep: 0.2 },
      { method: 'random' },
    ];
    for (const fields of variants) {
      const { groups } = summarize([...base, ...cells('full', [30], fields)]);
      const values = groups.flatMap(({ entries }) => entries.map(({ estimates }) => estimates.harmfulScoreAfter!.value));
      expect(values, JSON.stringify(fields)).toEqual([10, 30]);
    }
  });

  it('names what differs, and only that', () => {
    const { groups, series, defenses } = summarize([
      ...cells('full', [10]),
      ...cells('random', [10], { keep: 0.2, task: 'gsm8k' }),
      ...cells('random', [10], { keep: 0.43, loraMode: 'single' }),
    ]);
    expect(series.map(({ label }) => label)).toEqual(['full', 'random, keep 20 %', 'random, keep 43 %']);
    expect(defenses).toEqual(['sft (double LoRA)', 'sft (single LoRA)']);
    expect(groups.map(({ setting }) => setting)).toEqual(['task sst2', 'task sst2', 'task gsm8k']);
  });
});

describe('clearlyBest', () => {
  const best = (...results: ResultRow[][]) => clearlyBest(summarize(results.flat()).groups[0]!.entries, 'harmfulScoreAfter')?.series.label;

  it('is the lowest harmful score if its interval touches no other', () => {
    // 10 ± 2.48 and 16 ± 2.48 part; 10 ± 2.48 and 14 ± 2.48 touch.
    expect(best(cells('full', [15, 16, 17]), cells('pharmacist', [9, 10, 11]))).toBe('pharmacist');
    expect(best(cells('full', [13, 14, 15]), cells('pharmacist', [9, 10, 11]))).toBeUndefined();
  });

  it('is the highest value where higher is better', () => {
    const entries = summarize([
      row({ method: 'full', taskAccuracyAfter: 80, taskAccuracyAfterLow: 79, taskAccuracyAfterHigh: 81 }),
      row({ method: 'random', taskAccuracyAfter: 90, taskAccuracyAfterLow: 89, taskAccuracyAfterHigh: 91 }),
    ]).groups[0]!.entries;
    expect(clearlyBest(entries, 'taskAccuracyAfter')?.series.label).toBe('random');
  });

  it('is nobody without an opponent or without intervals', () => {
    expect(best(cells('full', [15, 16, 17]))).toBeUndefined();
    const bare = { harmfulScoreAfterLow: undefined, harmfulScoreAfterHigh: undefined };
    expect(best(cells('full', [50], bare), cells('random', [1], bare))).toBeUndefined();
  });
});
