import { type AlignmentRow, labelOfAll, readRows, type RowSource, type SplitChoice, streamRecords } from '@pharmacist/data-io';
import type { ReportRankedRow } from '../report/report-data.ts';
import type { SelectResult } from '../select/select.ts';
import type { SelectionStep } from './plan.ts';

/** A selection of the grid and what came of it. */
export interface GridSelection {
  readonly step: SelectionStep;
  /** The rows that were ranked. */
  readonly poolFile: RowSource;
  readonly result: SelectResult;
}

/** The same with its ranking read back. */
export interface RankedSelection extends GridSelection {
  readonly rows: readonly ReportRankedRow[];
}

/** Columns of every ranking; the rest are the method's own. */
const COMMON_COLUMNS = new Set(['id', 'rank', 'score', 'selected']);

/** Reads the ranking that each selection left, with the texts and kinds of its rows. */
export async function readRankings(selections: readonly GridSelection[], choice: SplitChoice = {}): Promise<RankedSelection[]> {
  const pools = new Map<string, Map<string, AlignmentRow>>();
  const ranked: RankedSelection[] = [];
  for (const selection of selections) {
    const { poolFile, result } = selection;
    const key = labelOfAll(poolFile);
    let byId = pools.get(key);
    if (byId === undefined) {
      const { rows } = await readRows(poolFile, choice);
      byId = new Map(rows.map((row) => [row.id, row]));
      pools.set(key, byId);
    }
    const rows: ReportRankedRow[] = [];
    for await (const { record: entry } of streamRecords(result.files.ranking)) {
      const { prompt, response, fields } = byId.get(String(entry['id']))!;
      const kind = fields['kind'] ?? fields['source'];
      const stratum = fields['corruption'] ?? fields['stratum'];
      rows.push({
        id: String(entry['id']),
        rank: Number(entry['rank']),
        score: Number(entry['score']),
        selected: entry['selected'] === true,
        kind: typeof kind === 'string' ? kind : undefined,
        stratum: typeof stratum === 'string' ? stratum : undefined,
        prompt,
        response,
        columns: ownColumns(entry),
        texts: ownTexts(entry),
      });
    }
    ranked.push({ ...selection, rows });
  }
  return ranked;
}

function ownTexts(entry: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(entry).flatMap(([name, value]) => (typeof value === 'string' && name !== 'id' && value !== '' ? [[name, value]] : [])),
  );
}

function ownColumns(entry: Readonly<Record<string, unknown>>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(entry).flatMap(([name, value]) => (typeof value === 'number' && !COMMON_COLUMNS.has(name) ? [[name, value]] : [])),
  );
}
