import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { streamRecords } from '@pharmacist/data-io';
import { plantedReport } from '@pharmacist/planted';
import { afterAll, describe, expect, it } from 'vitest';
import { methodReliabilities, writeReliability } from './method-reliability.ts';
import type { PoolRanking } from './pool-ranking.ts';

const folder = await mkdtemp(join(tmpdir(), 'pharmacist-reliability-'));
afterAll(async () => await rm(folder, { recursive: true }));

type Truth = readonly [kind: string, probability?: number];

function ranking(label: string, truths: readonly Truth[], isKnown = true): PoolRanking {
  const rows = truths.map(([kind, probability], i) => ({
    id: `r${i}`,
    rank: i + 1,
    score: -i,
    selected: false,
    kind,
    prompt: 'Why?',
    response: 'So.',
    columns: { loss: 1, ...(probability !== undefined && { good_probability: probability }) },
  }));
  return { method: label, seed: 0, planted: isKnown ? plantedReport(rows) : undefined, rows };
}

const POOLS = [
  ranking('ours', [
    ['good', 0.75],
    ['good', 0.75],
    ['benign', 0.5],
    ['benign', 0.25],
  ]),
  ranking('ours', [['good', 0.75], ['benign', 0.25], ['low-quality', 0.25], ['low-quality']]),
];

describe('methodReliabilities', () => {
  it('measures the rows of all pools together, beside the share of good rows of each pool', () => {
    const [ours, ...others] = methodReliabilities(POOLS);
    expect(others).toEqual([]);
    expect(ours).toEqual({
      method: 'ours',
      numRows: 7,
      numUnknown: 1,
      meanPredicted: 3.5 / 7,
      shareGood: 3 / 7,
      curve: [
        { meanPredicted: 0.25, observedFrequency: 0, count: 3 },
        { meanPredicted: 0.5, observedFrequency: 0, count: 1 },
        { meanPredicted: 0.75, observedFrequency: 1, count: 3 },
      ],
      calibrationError: expect.closeTo((3 * 0.25 + 0.5 + 3 * 0.25) / 7, 15) as number,
      brierScore: (6 * 0.0625 + 0.25) / 7,
      // The one pool has 2 good rows of 4, the other 1 of 4.
      brierScoreOfShare: (4 * 0.25 + 0.5625 + 2 * 0.0625) / 7,
    });
  });

  it('leaves out methods without probabilities and rows of unknown kinds', () => {
    const silent = ranking('silent', [['good'], ['benign']]);
    const unknown = ranking('unknown', [['web', 0.5]], false);
    expect(methodReliabilities([silent, unknown])).toEqual([]);
    expect(methodReliabilities([silent, ...POOLS, unknown]).map(({ method }) => method)).toEqual(['ours']);
  });
});

describe('reliability.parquet', () => {
  const records = async (path: string) => {
    const all: Record<string, unknown>[] = [];
    for await (const { record } of streamRecords(path)) all.push({ ...record });
    return all;
  };

  it('has a row of each method and one of each bin', async () => {
    const path = join(folder, 'reliability.parquet');
    const reliabilities = methodReliabilities(POOLS);
    await writeReliability(path, reliabilities);
    const [whole, ...bins] = await records(path);
    const { curve: _, ...figures } = reliabilities[0]!;
    expect(whole).toEqual({ ...figures, bin: null });
    expect(bins.map(({ method, bin, numRows, meanPredicted, shareGood }) => [method, bin, numRows, meanPredicted, shareGood])).toEqual([
      ['ours', 1, 3, 0.25, 0],
      ['ours', 2, 1, 0.5, 0],
      ['ours', 3, 3, 0.75, 1],
    ]);
    expect(bins.every(({ brierScore, numUnknown }) => brierScore === null && numUnknown === null)).toBe(true);
  });

  it('is empty without such a method', async () => {
    const path = join(folder, 'none.parquet');
    await writeReliability(path, []);
    expect(await records(path)).toEqual([]);
  });
});
