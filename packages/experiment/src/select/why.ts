import { ConfigError, didYouMean } from '@pharmacist/core';
import { type AlignmentRow, streamRecords } from '@pharmacist/data-io';
import { midranks } from '@pharmacist/metrics';
import { REASONS, shownWords, tellReasons, type ToldReasons } from './reasons.ts';

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
const OTHER_COLUMNS = new Set(['rank', 'score', 'nearest_kept_similarity', 'duplicate_group']);

/** @throws {ConfigError} naming the ids that no row of the pool has, with the nearest that one has. */
export function checkRowIds(ids: readonly string[], rows: readonly AlignmentRow[], source: string): void {
  const known = new Set(rows.map(({ id }) => id));
  const problems = ids
    .filter((id) => !known.has(id))
    .map((id) => {
      const near = didYouMean(id, [...known]);
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
  files: readonly string[],
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
  const { places, columns, texts } = await readColumns(files, new Set(ids));
  const numRows = columns.get('rank')!.length;
  const valueAt = (name: string, place: number) => columns.get(name)?.[place] ?? NaN;
  const lastKept = places.lastKept;
  const percentiles = new Map<string, Float64Array>();
  const percentileAt = (name: string, place: number) => {
    if (!percentiles.has(name)) percentiles.set(name, percentilesOf(columns.get(name)!));
    return percentiles.get(name)![place]!;
  };
  const byId = new Map(rows.map((row) => [row.id, row]));
  return ids.map((id): RowExplanation => {
    const place = places.of.get(id)!;
    const { prompt, response, fields } = byId.get(id)!;
    const names = [...columns.keys()].filter((name) => !OTHER_COLUMNS.has(name) && Number.isFinite(valueAt(name, place)));
    const [group, nearest] = [valueAt('duplicate_group', place), texts.get(id)!['nearest_kept']];
    const { kind } = fields;
    const reasons = texts.get(id)![REASONS];
    return {
      id,
      rank: valueAt('rank', place),
      numRows,
      selected: places.kept.has(place),
      score: valueAt('score', place),
      scoreAtCut: valueAt('score', lastKept),
      ...(typeof kind === 'string' && { kind }),
      figures: names.map((name) => ({ name, value: valueAt(name, place), percentile: percentileAt(name, place) })),
      ...(reasons !== undefined && { reasons: tellReasons(reasons, response, shown) }),
      nearestKept: nearest === undefined ? null : { id: nearest, similarity: valueAt('nearest_kept_similarity', place) },
      duplicates: Number.isNaN(group)
        ? null
        : { group, numMembers: columns.get('duplicate_group')!.filter((other) => other === group).length },
      flags: (texts.get(id)!['flags'] ?? '').split(',').filter((flag) => flag !== ''),
      ...(showText && { prompt, response }),
    };
  });
}

interface RankingColumns {
  readonly places: { readonly of: Map<string, number>; readonly kept: Set<number>; readonly lastKept: number };
  /** Every column of numbers, NaN where a row has none. */
  readonly columns: Map<string, number[]>;
  /** Texts of the rows asked for, by id. */
  readonly texts: Map<string, Record<string, string>>;
}

/** @param files with the same rows in the same order. */
async function readColumns(files: readonly string[], ids: ReadonlySet<string>): Promise<RankingColumns> {
  const columns = new Map<string, number[]>();
  const texts = new Map<string, Record<string, string>>();
  const places = { of: new Map<string, number>(), kept: new Set<number>(), lastKept: -1 };
  for (const file of files) {
    let place = 0;
    const own = new Map<string, number[]>();
    for await (const { record } of streamRecords(file)) {
      const id = String(record['id']);
      if (record['selected'] === true) {
        places.kept.add(place);
        places.lastKept = place;
      }
      if (ids.has(id)) {
        places.of.set(id, place);
        const words = Object.entries(record).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value] as const] : []));
        texts.set(id, { ...texts.get(id), ...Object.fromEntries(words) });
      }
      for (const [name, value] of Object.entries(record)) {
        if (typeof value !== 'number') continue;
        // Rows before the first one with a number had none.
        if (!own.has(name))
          own.set(
            name,
            Array.from({ length: place }, () => NaN),
          );
        own.get(name)![place] = value;
      }
      place++;
      for (const column of own.values()) if (column.length < place) column.push(NaN);
    }
    for (const [name, values] of own) columns.set(name, values);
  }
  return { places, columns, texts };
}

function percentilesOf(values: readonly number[]): Float64Array {
  const known = values.flatMap((value, place) => (Number.isNaN(value) ? [] : [place]));
  const ranks = midranks(known.map((place) => values[place]!));
  const percentiles = new Float64Array(values.length).fill(NaN);
  known.forEach((place, i) => (percentiles[place] = (ranks[i]! - 0.5) / known.length));
  return percentiles;
}
