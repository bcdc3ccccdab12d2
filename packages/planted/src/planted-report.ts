import { NumericError } from '@pharmacist/core';
import { auroc, averagePrecision, midranks } from '@pharmacist/metrics';
import { GOOD } from './kinds.ts';

/** One ranked row whose kind is known because it was planted. */
export interface PlantedRow {
  /** `good`, `mislabelled`, `benign`, `low-quality`. */
  kind: string;
  /** Higher = ranked earlier. */
  score: number;
  /** Whether the core subset holds it. */
  selected: boolean;
}

/** Where the rows of one kind went. */
export interface KindReport {
  kind: string;
  count: number;
  /** 1 is the top of the ranking; ties share their mean rank. */
  meanRank: number;
  /** The same as a share: 1 is the top, 0 the bottom, 0.5 what a random ranking gives. */
  meanPercentile: number;
  numKept: number;
  /** numKept / count. */
  shareKept: number;
  /** Good rows against these; null for the good kind itself. */
  auroc: number | null;
  /** Average precision of the good rows among themselves and these; by chance the share of good rows among the two. Null for the good kind. */
  averagePrecision: number | null;
}

/** How a ranking treats rows of known kinds. */
export interface PlantedReport {
  /** The good kind first, then the others by mean rank, the best first. */
  kinds: KindReport[];
  /** Good rows against all others; null if every row is good. */
  auroc: number | null;
  /** Average precision of the good rows in the whole ranking; `shareGood` by chance. Null if every row is good. */
  averagePrecision: number | null;
  count: number;
  numKept: number;
  /** Share of good rows among the kept ones; null if none was kept. */
  precisionKept: number | null;
  /** Share of good rows among all: the precision of keeping at random. */
  shareGood: number;
}

/**
 * Table of a ranking's treatment of planted rows: count, mean rank and share kept of each kind, AUROC and average precision of the good
 * kind against each and against all, precision among the kept.
 * @throws {NumericError} if a score is NaN or no row is of the good kind.
 */
export function plantedReport(rows: readonly PlantedRow[], { good = GOOD } = {}): PlantedReport {
  const numGood = rows.filter(({ kind }) => kind === good).length;
  if (numGood === 0)
    throw new NumericError(`no row is of the kind "${good}"`, { where: 'planted/plantedReport', hint: 'name the good kind' });
  const ascending = midranks(rows.map(({ score }) => score));
  const names = [...new Set(rows.map(({ kind }) => kind))];
  const kinds = names.map((kind) => kindReport(kind, rows, ascending, good));
  kinds.sort((a, b) => Number(b.kind === good) - Number(a.kind === good) || a.meanRank - b.meanRank);
  const numKept = rows.filter(({ selected }) => selected).length;
  const numGoodKept = rows.filter(({ kind, selected }) => selected && kind === good).length;
  return {
    kinds,
    ...(numGood === rows.length ? UNDEFINED : separation(rows, good)),
    count: rows.length,
    numKept,
    precisionKept: numKept === 0 ? null : numGoodKept / numKept,
    shareGood: numGood / rows.length,
  };
}

function kindReport(kind: string, rows: readonly PlantedRow[], ascending: Float64Array, good: string): KindReport {
  const members = rows.filter((row) => row.kind === kind);
  const rankSum = rows.reduce((sum, row, i) => (row.kind === kind ? sum + rows.length + 1 - ascending[i]! : sum), 0);
  const meanRank = rankSum / members.length;
  const numKept = members.filter(({ selected }) => selected).length;
  return {
    kind,
    count: members.length,
    meanRank,
    meanPercentile: rows.length === 1 ? 1 : (rows.length - meanRank) / (rows.length - 1),
    numKept,
    shareKept: numKept / members.length,
    ...(kind === good
      ? UNDEFINED
      : separation(
          rows.filter((row) => row.kind === good || row.kind === kind),
          good,
        )),
  };
}

type Separation = Pick<PlantedReport, 'auroc' | 'averagePrecision'>;
const UNDEFINED: Separation = { auroc: null, averagePrecision: null };

function separation(rows: readonly PlantedRow[], good: string): Separation {
  const scores = rows.map(({ score }) => score);
  const isGood = rows.map(({ kind }) => kind === good);
  return { auroc: auroc(scores, isGood), averagePrecision: averagePrecision(scores, isGood) };
}
