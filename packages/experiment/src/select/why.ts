import { ConfigError, didYouMean, lazyList } from '@pharmacist/core';
import type { AlignmentRow } from '@pharmacist/data-io';
import { midranks } from '@pharmacist/metrics';
import { EXPLAINED, readRanking } from '@pharmacist/results';
import { shownWords, tellReasons, type ToldReasons } from './reasons.ts';

/** A number of a row, and where it stands in the pool. */
export interface RowFigure {
  readonly name: string;
  readonly value: number;
  /** Share of the rows with such a number that lie below, equal ones counting half, 0 to 1. */
  readonly percentile: number;
}

/** Why a row is where it is. */
export interface RowExplanation {
  readonly id: string;
  /** 1 is the best. */
  readonly rank: number;
  readonly numRows: number;
  readonly selected: boolean;
  readonly score: number;
  /** Score of the last row that was kept. */
  readonly scoreAtCut: number;
  /** Planted kind, if the rows say of what kind they are. */
  readonly kind?: string;
  /** The method's own columns and the loss. */
  readonly figures: readonly RowFigure[];
  /** What the method itself says of the row's score, where it says something. */
  readonly reasons?: ToldReasons;
  readonly nearestKept: { readonly id: string; readonly similarity: number } | null;
  readonly duplicates: { readonly group: number; readonly numMembers: number } | null;
  readonly flags: readonly string[];
  /** Only if they were asked for. */
  readonly prompt?: string;
  readonly response?: string;
}

/** Columns that are no figure of the method's. */
const OTHER_COLUMNS: ReadonlySet<string> = new Set([EXPLAINED.nearestKeptSimilarity, EXPLAINED.duplicateGroup]);

/** @throws {ConfigError} naming the ids that no row of the pool has, with the nearest that one has. */
export function checkRowIds(ids: readonly string[], rows: readonly AlignmentRow[], source: string): void {
  const missing = new Set(ids);
  if (missing.size > 0) for (const { id } of rows) missing.delete(id);
  const problems = ids
    .filter((id) => missing.has(id))
    .map((id) => {
      const near = didYouMean(
        id,
        rows.map((row) => row.id),
      );
      return `no row has the id "${id}"${near === undefined ? '' : `. Did you mean "${near}"?`}`;
    });
  if (problems.length === 0) return;
  throw new ConfigError(problems.join('\n'), { where: source, hint: 'the ids are in the column id of ranking.parquet' });
}

/**
 * Explains rows of an explained ranking.
 * @param files `ranking.parquet` of a selection with `explain`; or of one without, and the file beside it that explains it.
 * @param rows the pool. @param trusted whose words may be shown of any answer.
 */
export async function whyRows(
  files: { readonly ranking: string; readonly explanation?: string | undefined },
  ids: readonly string[],
  {
    rows,
    trusted,
    showText,
  }: { readonly rows: readonly AlignmentRow[]; readonly trusted: readonly AlignmentRow[]; readonly showText: boolean },
): Promise<RowExplanation[]> {
  if (ids.length === 0) return [];
  const shown = shownWords(
    trusted.map(({ response }) => response),
    { showText },
  );
  const { explanation } = files;
  const table = await readRanking(files.ranking, { explanation, textsOf: new Set(ids) });
  const { scores, selected, columns } = table;
  const places = placesOf(table.ids, ids);
  const lastKept = selected.lastIndexOf(true);
  const percentiles = new Map<string, Float64Array>();
  const percentileAt = (name: string, place: number) => {
    if (!percentiles.has(name)) percentiles.set(name, percentilesOf(columns.get(name)!));
    return percentiles.get(name)![place]!;
  };
  const rowPlaces = placesOf(
    lazyList(rows.length, (index) => rows[index]!.id),
    ids,
  );
  return ids.map((id): RowExplanation => {
    const place = places.get(id)!;
    const valueOf = (name: string) => columns.get(name)?.[place] ?? NaN;
    const { prompt, response, fields } = rows[rowPlaces.get(id)!]!;
    const names = [...columns.keys()].filter((name) => !OTHER_COLUMNS.has(name) && Number.isFinite(valueOf(name)));
    const texts = table.texts.get(id) ?? {};
    const [group, nearest, reasons] = [valueOf(EXPLAINED.duplicateGroup), texts[EXPLAINED.nearestKept], texts[EXPLAINED.reasons]];
    const { kind } = fields;
    return {
      id,
      rank: place + 1,
      numRows: table.ids.length,
      selected: selected[place]!,
      score: scores[place]!,
      scoreAtCut: scores[lastKept] ?? NaN,
      ...(typeof kind === 'string' && { kind }),
      figures: names.map((name) => ({ name, value: valueOf(name), percentile: percentileAt(name, place) })),
      ...(reasons !== undefined && { reasons: tellReasons(reasons, response, shown) }),
      nearestKept: nearest === undefined ? null : { id: nearest, similarity: valueOf(EXPLAINED.nearestKeptSimilarity) },
      duplicates: Number.isNaN(group)
        ? null
        : { group, numMembers: columns.get(EXPLAINED.duplicateGroup)!.filter((other) => other === group).length },
      flags: (texts[EXPLAINED.flags] ?? '').split(',').filter((flag) => flag !== ''),
      ...(showText && { prompt, response }),
    };
  });
}

/** Places of a few ids among those of all rows. */
function placesOf(all: readonly string[], few: readonly string[]): Map<string, number> {
  const asked = new Set(few);
  const places = new Map<string, number>();
  for (const [place, id] of all.entries()) if (asked.has(id)) places.set(id, place);
  return places;
}

function percentilesOf(values: Float64Array): Float64Array {
  const known = [...values.keys()].filter((place) => !Number.isNaN(values[place]!));
  const ranks = midranks(known.map((place) => values[place]!));
  const percentiles = new Float64Array(values.length).fill(NaN);
  known.forEach((place, i) => (percentiles[place] = (ranks[i]! - 0.5) / known.length));
  return percentiles;
}
