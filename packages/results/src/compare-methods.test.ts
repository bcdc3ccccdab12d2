import '@pharmacist/tooling/vitest/matchers';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Random } from '@pharmacist/core';
import { streamRecords } from '@pharmacist/data-io';
import { holmAdjust, pairedTest } from '@pharmacist/metrics';
import { describe, expect, it } from 'vitest';
import { COMPARED_METRICS, writeComparisons } from './comparison.ts';
import { type ComparisonPlan, compareMethods } from './compare-methods.ts';
import type { ResultMetric, ResultRow } from './result-row.ts';

/** What every configuration compares, of the methods that there are rows of. */
const USUAL: ComparisonPlan = {
  pairs: [
    ['pharmacist', 'full'],
    ['pharmacist', 'random'],
    ['oracle', 'full'],
  ],
  metrics: COMPARED_METRICS,
};

function rowOf(method: string, poisonRatio: number, seed: number): ResultRow {
  const counts = { numRows: 645, alignSteps: 243, attackSteps: 375, numErrored: 0, numUnparsable: 0, numEmpty: 0 };
  const costs = { selectSeconds: 1, alignSeconds: 2, attackSeconds: 3, evaluateSeconds: 4, alignForward: 5, alignBackward: 6 };
  const names = { cell: `${method}-p${poisonRatio}-s${seed}`, method, defense: 'sft', judge: 'ngram', task: 'sst2', length: '3 epochs' };
  return { ...names, keep: 1, poisonRatio, seed, loraMode: 'double', ...counts, ...costs };
}

const drawn = (...of: readonly unknown[]) => new Random(of.join(' ')).normal();

function grid(figure: (method: string, seed: number, ratio: number, keep: number) => number, methods = ['full', 'random', 'pharmacist']) {
  return methods.flatMap((method) =>
    (method === 'full' ? [1] : [0.2, 0.43]).flatMap((keep) =>
      [0.1, 0.2].flatMap((poisonRatio) =>
        [0, 1, 2].map((seed): ResultRow => {
          const value = figure(method, seed, poisonRatio, keep);
          const row = rowOf(method, poisonRatio, seed);
          return { ...row, keep, harmfulScoreAfter: value, taskAccuracyAfter: value, harmfulScoreBefore: value };
        }),
      ),
    ),
  );
}

const only = (metric: ResultMetric, pairs: ComparisonPlan['pairs'] = [['pharmacist', 'full']]): ComparisonPlan => ({
  pairs,
  metrics: [metric],
});

describe('comparisons', () => {
  const NOISE = [0, 0.4, -0.3];

  it('pair by seed, with full against every share, and say which is better', () => {
    const rows = grid((method, seed, ratio) => 10 * seed + 100 * ratio + (method === 'pharmacist' ? NOISE[seed]! : 20));
    const found = compareMethods(rows, only('harmfulScoreAfter'));
    const cells = found.filter(({ scope }) => scope === 'cell');
    expect(cells.map(({ keep, poisonRatio }) => [keep, poisonRatio])).toEqual([
      [0.2, 0.1],
      [0.2, 0.2],
      [0.43, 0.1],
      [0.43, 0.2],
    ]);
    // The seeds' own levels cancel: that is what pairing is for.
    const test = pairedTest(NOISE, [20, 20, 20]);
    for (const { difference, low, high, pValue, pHolm, numSeeds, verdict, ...rest } of cells) {
      expect([difference, low!, high!, pValue!]).toBeAllclose(
        [test.meanDifference, test.interval!.low, test.interval!.high, test.pValue!],
        {
          rtol: 1e-9,
          atol: 0,
        },
      );
      expect(pHolm).toBeGreaterThan(pValue!);
      expect({ numSeeds, verdict, signFlipP: rest.signFlipP }).toEqual({ numSeeds: 3, verdict: 'better', signFlipP: 0.25 });
    }
    expect(compareMethods(rows, only('taskAccuracyAfter'))[0]!.verdict).toBe('worse');
  });

  it('pool the poison ratios of a defense and share by seed', () => {
    const rows = grid((method, seed, ratio) => (method === 'full' ? 0 : seed * (ratio === 0.1 ? 1 : 3)));
    const pooled = compareMethods(rows, only('harmfulScoreAfter')).filter(({ scope }) => scope === 'pooled');
    expect(pooled.map(({ keep, poisonRatio, difference }) => [keep, poisonRatio, difference])).toEqual([
      [0.2, null, 2],
      [0.43, null, 2],
    ]);
    expect([pooled[0]!.low!, pooled[0]!.high!]).toBeAllclose([2 - 4.9682755, 2 + 4.9682755], { rtol: 1e-6, atol: 0 });
  });

  it('correct over the whole family of a metric, of cells and of means apart', () => {
    const rows = grid((method, seed, ratio, keep) => drawn(method, seed, ratio, keep));
    const found = compareMethods(rows, USUAL);
    for (const scope of ['cell', 'pooled'] as const) {
      for (const metric of ['harmfulScoreAfter', 'taskAccuracyAfter'] as const) {
        const family = found.filter((one) => one.scope === scope && one.metric === metric);
        expect(family).toHaveLength(scope === 'cell' ? 8 : 4);
        expect(family.map(({ pHolm }) => pHolm)).toEqual(holmAdjust(family.map(({ pValue }) => pValue!)));
      }
    }
  });

  it('take a figure from before the attack once, whatever the poison ratios', () => {
    const rows = grid((method, seed) => seed + (method === 'full' ? NOISE[seed]! : 0));
    const found = compareMethods(rows, only('harmfulScoreBefore'));
    expect(found.map(({ scope, keep, poisonRatio }) => [scope, keep, poisonRatio])).toEqual([
      ['cell', 0.2, null],
      ['cell', 0.43, null],
    ]);
  });

  it('secure nothing where every seed gave the same difference, and keep it in the family', () => {
    const rows = grid((method, seed, _, keep) => (method === 'full' ? 5 : keep === 0.2 ? 0 : NOISE[seed]!));
    const found = compareMethods(rows, only('harmfulScoreAfter')).filter(({ poisonRatio }) => poisonRatio === 0.1);
    expect(found[0]).toMatchObject({ difference: -5, low: null, pValue: null, pHolm: null, verdict: 'not secured' });
    expect(found[1]!.pHolm! / found[1]!.pValue!).toBeCloseTo(4);
  });

  it('leave out what fewer than two seeds measured', () => {
    const rows = grid((method, seed) => (method === 'full' && seed > 0 ? NaN : seed));
    expect(compareMethods(rows, only('harmfulScoreAfter'))).toEqual([]);
    expect(compareMethods([], USUAL)).toEqual([]);
  });

  it.each([0, 3])('are written as a table: %i rows', async (numRows) => {
    const folder = await mkdtemp(join(tmpdir(), 'pharmacist-comparisons-'));
    const comparisons = compareMethods(
      grid((method, seed, ratio) => drawn(method, seed, ratio)),
      only('harmfulScoreAfter'),
    ).slice(0, numRows);
    await writeComparisons(join(folder, 'comparisons.parquet'), comparisons);
    const records: unknown[] = [];
    for await (const { record } of streamRecords(join(folder, 'comparisons.parquet'))) records.push(record);
    expect(records).toEqual(comparisons);
    await rm(folder, { recursive: true });
  });
});
