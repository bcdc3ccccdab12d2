import { type PlantedReport, plantedReport } from './planted-report.ts';
import { GOOD } from './kinds.ts';

/**
 * Where the planted kinds went, if the rows say of what kind they are (field `kind`, one of them "good"); else undefined.
 * @param ranked the rows from the best to the worst. @param order of the ranking: their numbers in the pool. @param kinds of the rows of the pool.
 */
export function plantedReportOf(
  ranked: readonly { readonly score: number; readonly selected: boolean }[],
  order: ArrayLike<number>,
  kinds: readonly (string | undefined)[],
): PlantedReport | undefined {
  if (!kinds.includes(GOOD)) return undefined;
  const rows = ranked.flatMap(({ score, selected }, place) => {
    const kind = kinds[order[place]!];
    return kind !== undefined ? [{ kind, score, selected }] : [];
  });
  const isPlanted = rows.length === ranked.length && rows.some(({ kind }) => kind === GOOD) && rows.some(({ kind }) => kind !== GOOD);
  return isPlanted ? plantedReport(rows) : undefined;
}
