import { attended, attendedAtOnce, ContractError, describeValue, fillEach } from '@pharmacist/core';
import { belowOthers } from '../below-others.ts';
import type { Columns, FittedRanking, PoolRow, Ranking, RowReasons, RowValues } from '../selector.ts';
import { columnValues, rowValues } from './row-values.ts';

/** Columns that every ranking has. */
export const COMMON_COLUMNS: ReadonlySet<string> = new Set(['id', 'rank', 'score', 'selected']);

/** Where a ranking was made. */
export interface RankedBy {
  /** `method mine`. */
  readonly where: string;
  readonly pool: readonly PoolRow[];
  /** Rows as the method is given them. */
  readonly lentRows: (rows: readonly PoolRow[]) => readonly PoolRow[];
  readonly signal?: AbortSignal | undefined;
}

/**
 * What a method made, held to its contract: one value a row, finite scores for rows with targets, and the others below all of these, whatever
 * the method gave them.
 * @throws {ContractError} naming method and row.
 */
export function checkedRanking(fitted: FittedRanking, { where, pool, lentRows, signal }: RankedBy): Ranking {
  if (fitted === null || typeof fitted !== 'object') {
    throw new ContractError(`gives ${describeValue(fitted)} for a ranking`, { where, hint: 'return { scores, columns }' });
  }
  const { scores, columns = {}, score, explain } = fitted;
  return {
    scores: checkedScores(scores, pool, where),
    columns: checkedColumns(columns, { where, numRows: pool.length }),
    ...(score && {
      score: async (rows: readonly PoolRow[]) =>
        checkedScores(await attended(where, signal, async () => await score.call(fitted, lentRows(rows))), rows, where),
    }),
    ...(explain && {
      explain: (row: PoolRow) =>
        checkedReasons(
          attendedAtOnce(where, () => explain.call(fitted, lentRows([row])[0]!)),
          row,
          where,
        ),
    }),
  };
}

function checkedScores(values: RowValues, rows: readonly PoolRow[], where: string): Float64Array {
  const scores = rowValues(values, { where, what: 'scores', numRows: rows.length });
  const isWithout = fillEach(new Uint8Array(rows.length), rows, ({ tokens }) => (tokens.hasTargets ? 0 : 1));
  const wrong = scores.findIndex((score, index) => isWithout[index] === 0 && !Number.isFinite(score));
  if (wrong >= 0) {
    const { id } = rows[wrong]!;
    throw new ContractError(`gives row ${id} the score ${scores[wrong]}`, {
      where,
      hint: 'every row with an answer needs a finite score; rows without one are put last whatever they get',
      details: { row: id, score: String(scores[wrong]) },
    });
  }
  return isWithout.includes(1) ? belowOthers(scores, (index) => isWithout[index] === 1) : scores;
}

/** Columns by name, [N] each, f32 where they are given so; NaN is a row that has no value. @throws {ContractError} */
export function checkedColumns(
  columns: Readonly<Record<string, RowValues>>,
  { where, numRows }: { readonly where: string; readonly numRows: number },
): Columns {
  if (columns === null || typeof columns !== 'object') {
    throw new ContractError(`gives ${describeValue(columns)} for its columns`, { where, hint: 'give an object of columns by name' });
  }
  return Object.fromEntries(
    Object.entries(columns).map(([name, values]) => {
      if (name === '' || COMMON_COLUMNS.has(name)) {
        const hint = `call it otherwise: ${[...COMMON_COLUMNS].join(', ')} are columns of every ranking`;
        throw new ContractError(`gives a column the name "${name}"`, { where, hint });
      }
      return [name, columnValues(values, { where, what: `values in column ${name}`, numRows })];
    }),
  );
}

function checkedReasons(found: RowReasons | undefined, { id }: PoolRow, where: string): RowReasons | undefined {
  if (found === undefined) return undefined;
  const isWhole =
    Array.isArray(found?.reasons) &&
    found.reasons.every(
      ({ about, amount, rank, numRanked, findings }) =>
        typeof about === 'string' && [amount, rank, numRanked].every(Number.isFinite) && Array.isArray(findings),
    );
  if (isWhole) return found;
  throw new ContractError(`gives row ${id} reasons of another form`, {
    where,
    hint: 'each reason has about, amount, rank, numRanked and findings, and the numbers are finite',
    details: { row: id },
  });
}
