import { type AlignmentRow, type KnownFormats, labelOfAll, readRows, type RowSource, type SplitChoice } from '@pharmacist/data-io';
import { type MeasuredRanking, type RankingRow, type RankingTable, readRanking } from '@pharmacist/results';
import type { SelectResult } from '../select/select.ts';
import type { SelectionStep } from './plan.ts';
import { secondsOf } from './seconds-of.ts';

/** A selection of the grid and what came of it. */
export interface GridSelection {
  readonly step: SelectionStep;
  /** The rows that were ranked. */
  readonly poolFile: RowSource;
  readonly result: SelectResult;
}

/** The same with its ranking read back. */
export interface RankedSelection extends GridSelection {
  readonly ranking: MeasuredRanking;
}

/** Reads the ranking that each selection left, with the texts and kinds of its rows. */
export async function readRankings(
  selections: readonly GridSelection[],
  choice: SplitChoice & KnownFormats = {},
): Promise<RankedSelection[]> {
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
    ranked.push({ ...selection, ranking: measuredRanking(selection, rowsOf(await readRanking(result.files.ranking), byId)) });
  }
  return ranked;
}

function measuredRanking({ step, result }: GridSelection, rows: readonly RankingRow[]): MeasuredRanking {
  const { passes, timing, notes } = result.record;
  const { numRanked } = notes;
  return {
    method: step.method.label,
    pool: step.pool?.spec.label,
    isSamePool: step.pool === undefined || step.pool.spec.seed !== undefined,
    seed: step.seed,
    keeps: step.keeps,
    rows,
    // A run of an older version does not say.
    numRanked: typeof numRanked === 'number' ? numRanked : rows.length,
    planted: result.planted,
    selectSeconds: secondsOf(timing.phases, 'tokenise', 'rank'),
    forwardRows: passes['forwardRows'] ?? 0,
    backwardRows: passes['backwardRows'] ?? 0,
  };
}

function rowsOf({ ids, scores, selected, columns, texts }: RankingTable, pool: ReadonlyMap<string, AlignmentRow>): RankingRow[] {
  return ids.map((id, place) => {
    const { prompt, response, fields } = pool.get(id)!;
    const kind = fields['kind'] ?? fields['source'];
    const stratum = fields['corruption'] ?? fields['stratum'];
    const known = [...columns].filter(([, values]) => !Number.isNaN(values[place]!));
    return {
      id,
      rank: place + 1,
      score: scores[place]!,
      selected: selected[place]!,
      kind: typeof kind === 'string' ? kind : undefined,
      stratum: typeof stratum === 'string' ? stratum : undefined,
      prompt,
      response,
      columns: Object.fromEntries(known.map(([name, values]) => [name, values[place]!])),
      texts: texts.get(id) ?? {},
    };
  });
}
