import type { RunRecord } from '@pharmacist/core';
import type { AlignmentRow } from '@pharmacist/data-io';
import { CALL_DEFAULTS, select, type SelectResult } from '@pharmacist/experiment';
import { readRanking } from '@pharmacist/results';
import type { NameOr } from './chosen.ts';
import type { Rows, WorkOptions, WorkResult } from './options.ts';
import { Setting } from './setting.ts';
import { beginWork, type Work } from './work.ts';

/** A filter, with options that differ from its defaults. */
export type FilterChoice = NameOr<'filter'> | { readonly filter: NameOr<'filter'>; readonly options?: Readonly<Record<string, unknown>> };

export interface RankOptions extends WorkOptions {
  /** The rows to rank. */
  readonly pool: Rows;
  /** Harmful prompts with harmful answers. */
  readonly harmful?: Rows | undefined;
  /** Harmful prompts with safe answers. */
  readonly trusted?: Rows | undefined;
  /** How to rank; `pharmacist` by default. */
  readonly method?: NameOr<'selector'> | undefined;
  readonly methodOptions?: Readonly<Record<string, unknown>> | undefined;
  /** What leaves rows out before the method sees them. */
  readonly filters?: readonly FilterChoice[] | undefined;
  /** Share of the pool that becomes the core subset, .43 by default, and all of it with the method `full`; `auto` finds it in the scores. */
  readonly keep?: number | 'auto' | undefined;
  /** Whether each row says why it is where it is; a forward pass more. */
  readonly explain?: boolean | undefined;
  readonly batchSize?: number | undefined;
}

/** One row of the pool in its place. */
export interface RankedRow {
  readonly id: string;
  readonly rank: number;
  readonly score: number;
  /** Whether the core subset has it. */
  readonly selected: boolean;
  /** The row as it was given. */
  readonly row: Readonly<Record<string, unknown>>;
  /** The method's own columns, and those that explain; null where the row has no value. */
  readonly columns: Readonly<Record<string, number | string | null>>;
}

export interface RankedRows extends WorkResult, Pick<SelectResult, 'method' | 'keep' | 'numKept' | 'planted' | 'probabilities'> {
  /** The best first. */
  readonly rows: readonly RankedRow[];
  /** The core subset, rows as they were given, the best first. */
  readonly core: readonly Readonly<Record<string, unknown>>[];
  readonly record: RunRecord;
}

/**
 * Ranks rows and chooses a core subset, as `pharmacist select` does: equal rows, options and seeds give equal rankings.
 * @returns a promise that may be iterated over for progress. @throws {PharmacistError} for every mistake in rows, options, model or method.
 */
export function rankRows(options: RankOptions): Work<RankedRows> {
  return beginWork(async (onProgress) => {
    return await Setting.with(options, onProgress, async (setting) => {
      const { chosen } = setting;
      let pool: readonly AlignmentRow[] = [];
      const result = await select(
        {
          alignment: await setting.rows(options.pool, 'pool'),
          harmful: await setting.rowsOrNone(options.harmful, 'harmful'),
          validation: await setting.rowsOrNone(options.trusted, 'trusted'),
          method: chosen.nameOf('selector', options.method ?? CALL_DEFAULTS.method),
          methodOptions: options.methodOptions,
          filters: (options.filters ?? []).map((choice) => {
            const { filter, options: own } = typeof choice === 'object' && 'filter' in choice ? choice : { filter: choice, options: {} };
            return { name: chosen.nameOf('filter', filter), options: own };
          }),
          keep: options.keep,
          explain: options.explain,
          batchSize: options.batchSize,
          onPool: (rows) => void (pool = rows),
          ...setting.stage,
        },
        setting.opened,
      );
      const { method, keep, numKept, planted, probabilities, record, files } = result;
      const rows = await rankedRows(files, pool);
      const core = rows.filter(({ selected }) => selected).map(({ row }) => row);
      return { ...setting.common, method, keep, numKept, planted, probabilities, rows, core, record };
    });
  });
}

/** @param pool as it was read for the ranking: a second reading may find nothing (standard input), or other rows (an address). */
async function rankedRows({ ranking, explanation }: SelectResult['files'], pool: readonly AlignmentRow[]): Promise<RankedRow[]> {
  const given = new Map(pool.map(({ id, fields }) => [id, fields]));
  const { ids, scores, selected, columns, texts } = await readRanking(ranking, { explanation });
  return ids.map((id, index) => ({
    id,
    rank: index + 1,
    score: scores[index]!,
    selected: selected[index]!,
    row: given.get(id)!,
    columns: {
      ...Object.fromEntries([...columns].map(([name, values]) => [name, Number.isNaN(values[index]) ? null : values[index]!])),
      ...texts.get(id),
    },
  }));
}
