import { type PlantedReport, plantedReport } from '@pharmacist/metrics';
import type { RankedRow } from './write-ranking.ts';

/**
 * Where the planted kinds went, if the rows say of what kind they are (field `kind`, one of them "good"); else undefined.
 * @param order of the ranking. @param kinds of the rows of the pool.
 */
export function plantedReportOf(
  ranked: readonly RankedRow[],
  order: readonly number[],
  kinds: readonly (string | undefined)[],
): PlantedReport | undefined {
  const rows = ranked.flatMap(({ score, selected }, place) => {
    const kind = kinds[order[place]!];
    return kind !== undefined ? [{ kind, score, selected }] : [];
  });
  const isPlanted = rows.length === ranked.length && rows.some(({ kind }) => kind === 'good') && rows.some(({ kind }) => kind !== 'good');
  return isPlanted ? plantedReport(rows) : undefined;
}
