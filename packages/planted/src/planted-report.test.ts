import { NumericError } from '@pharmacist/core';
import { describe, expect, it } from 'vitest';
import { plantedReport, type PlantedRow } from './planted-report.ts';

const row = (kind: string, score: number, selected = false): PlantedRow => ({ kind, score, selected });

describe('plantedReport', () => {
  it('tabulates a ranking worked out by hand', () => {
    // Ranks 1 good, 2 benign, 3 good, 4.5 mislabelled and good, 6 benign.
    const rows = [
      row('benign', 5, true),
      row('good', 6, true),
      row('good', 4, true),
      row('mislabelled', 3),
      row('good', 3, true),
      row('benign', 0),
    ];
    const report = plantedReport(rows);
    expect(report.kinds.map(({ kind }) => kind)).toEqual(['good', 'benign', 'mislabelled']);
    const [good, benign, mislabelled] = report.kinds;
    expect(good).toMatchObject({ count: 3, numKept: 3, shareKept: 1, auroc: null });
    expect(good!.meanRank).toBeCloseTo(8.5 / 3, 12);
    expect(good!.meanPercentile).toBeCloseTo((6 - 8.5 / 3) / 5, 12);
    // Of six pairs with benign rows good wins 6 > 5, 6 > 0, 4 > 0 and 3 > 0.
    expect(benign).toMatchObject({ count: 2, meanRank: 4, meanPercentile: 2 / 5, numKept: 1, shareKept: 1 / 2, auroc: 4 / 6 });
    // Of three pairs with the mislabelled row good wins two and ties one.
    expect(mislabelled).toMatchObject({ count: 1, meanRank: 4.5, numKept: 0, shareKept: 0 });
    expect(mislabelled!.auroc).toBeCloseTo(2.5 / 3, 12);
    expect(report).toMatchObject({ count: 6, numKept: 4, precisionKept: 3 / 4, shareGood: 1 / 2 });
    expect(report.auroc).toBeCloseTo(6.5 / 9, 12);
    // Down the ranking: good (1 of 1), benign, good (2 of 3), then good and mislabelled together (3 of 5).
    expect(report.averagePrecision).toBeCloseTo((1 + 2 / 3 + 3 / 5) / 3, 12);
    // Among good and benign rows alone the third good row is the fourth; among good and mislabelled ones it shares the third place.
    expect(benign!.averagePrecision).toBeCloseTo((1 + 2 / 3 + 3 / 4) / 3, 12);
    expect(mislabelled!.averagePrecision).toBeCloseTo((1 + 1 + 3 / 4) / 3, 12);
    expect(good!.averagePrecision).toBeNull();
  });

  it('puts the named good kind first even when it ranks last', () => {
    const { kinds, auroc } = plantedReport([row('safe', 1), row('noise', 2)], { good: 'safe' });
    expect(kinds.map(({ kind, meanPercentile }) => [kind, meanPercentile])).toEqual([
      ['safe', 0],
      ['noise', 1],
    ]);
    expect(auroc).toBe(0);
  });

  it('says null where a figure has no value', () => {
    expect(plantedReport([row('good', 1)])).toMatchObject({ auroc: null, averagePrecision: null, precisionKept: null, shareGood: 1 });
  });

  it('needs a good row and scores that are numbers', () => {
    expect(() => plantedReport([row('benign', 1)])).toThrow('no row is of the kind "good"');
    expect(() => plantedReport([])).toThrow(NumericError);
    expect(() => plantedReport([row('good', 1), row('benign', NaN)])).toThrow('value 1 of 2 is NaN');
  });
});
