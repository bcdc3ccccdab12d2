import { type PlantedReport, plantedReport } from '@pharmacist/metrics';
import type { RankedRow } from './write-ranking.ts';

/** Where the planted kinds went, if the rows say of what kind they are (field `kind`, one of them "good"); else undefined. */
export function plantedReportOf(ranked: readonly RankedRow[]): PlantedReport | undefined {
  const rows = ranked.flatMap(({ row, score, selected }) => {
    const kind = row.fields['kind'];
    return typeof kind === 'string' ? [{ kind, score, selected }] : [];
  });
  const isPlanted = rows.length === ranked.length && rows.some(({ kind }) => kind === 'good') && rows.some(({ kind }) => kind !== 'good');
  return isPlanted ? plantedReport(rows) : undefined;
}
