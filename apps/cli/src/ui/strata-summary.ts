import { distinct } from '@pharmacist/core';
import { figuresByStratum, plantedEstimate, type PlantedFigure, type RankingResult } from '@pharmacist/results';
import { counted } from './format.ts';
import { formatTable } from './table.ts';

/** Kinds and their forms down, methods across, means over pools with half the width of their interval; undefined where no kind has forms. */
export function strataSummary(results: readonly RankingResult[]): string | undefined {
  const keep = Math.max(...results.map((result) => result.keep));
  const shown = results.filter((result) => result.keep === keep);
  const figures = figuresByStratum(shown);
  if (figures.length === 0) return undefined;
  const methods = distinct(shown.map(({ method }) => method));
  const lines = figures.map((figure) => [
    `${figure.isStratum ? '  ' : ''}${figure.name}${figure.measure === 'precision' ? ', %' : ''}`,
    ...methods.map((method) =>
      cell(
        shown.filter((result) => result.method === method),
        figure,
      ),
    ),
  ]);
  const columns = [{ title: 'AUROC of good rows' }, ...methods.map((title) => ({ title, align: 'right' as const }))];
  const [numPools, numSeeds] = [distinct(shown.map(({ pool }) => pool)).length, distinct(shown.map(({ seed }) => seed)).length];
  const half = numSeeds > 1 ? ', with half the width of the 95 % t interval over the seeds' : '';
  return (
    `${formatTable(columns, lines)}\n\n` +
    `Means over ${counted(numPools, 'pool')} and ${counted(numSeeds, 'seed')}${half}; set in: one form of the kind. The report has each pool.`
  );
}

function cell(results: readonly RankingResult[], { measure, figureOf }: PlantedFigure): string {
  const estimate = plantedEstimate(results, figureOf);
  if (estimate === undefined) return '';
  const text = (share: number) => (measure === 'precision' ? (100 * share).toFixed(1) : share.toFixed(2));
  const { value, interval } = estimate;
  return interval === undefined ? text(value) : `${text(value)} ±${text((interval.high - interval.low) / 2)}`;
}
