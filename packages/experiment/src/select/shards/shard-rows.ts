import { type State, type StateArray } from '@pharmacist/core';
import type { TokenizedRow } from '@pharmacist/language-model';
import type { DividedPass } from '@pharmacist/selector';
import { z } from 'zod';
import type { Shard } from './shard-plan.ts';

/** The rows of a range of batches, as tokens: who has them needs neither the pool nor a tokenizer. */
export interface ShardRows {
  /** In the order of their batches. All have targets. */
  readonly rows: readonly TokenizedRow[];
  /** One number a row; undefined if the pass gives none. */
  readonly marks: Int32Array | undefined;
  /** Rows of each batch. */
  readonly batchSizes: readonly number[];
}

/** Places in the pass of a shard's rows, in the order of their batches. */
export function placesOf({ batches }: Pick<DividedPass, 'batches'>, { from, to }: Pick<Shard, 'from' | 'to'>): number[] {
  return batches.slice(from, to).flat();
}

/** The rows of a shard as a file holds them: i32 arrays, tokens end to end. */
export function packRows(pass: Pick<DividedPass, 'batches' | 'rows' | 'marks'>, shard: Pick<Shard, 'from' | 'to'>): State {
  const places = placesOf(pass, shard);
  const rows = places.map((place) => pass.rows[place]!);
  const numbers = (of: (row: TokenizedRow) => number) => Int32Array.from(rows, of);
  const lengths = numbers(({ inputIds }) => inputIds.length);
  const inputIds = new Int32Array(lengths.reduce((sum, length) => sum + length, 0));
  let end = 0;
  for (const row of rows) {
    inputIds.set(row.inputIds, end);
    end += row.inputIds.length;
  }
  return {
    meta: {},
    arrays: {
      batchSizes: Int32Array.from(pass.batches.slice(shard.from, shard.to), ({ length }) => length),
      lengths,
      numPromptTokens: numbers(({ numPromptTokens }) => numPromptTokens),
      truncated: numbers(({ truncated }) => (truncated ? 1 : 0)),
      inputIds,
      ...(pass.marks && { marks: Int32Array.from(places, (place) => pass.marks![place]!) }),
    },
  };
}

const i32 = z.instanceof(Int32Array);
const arraysSchema = z.object({
  batchSizes: i32,
  lengths: i32,
  numPromptTokens: i32,
  truncated: i32,
  inputIds: i32,
  marks: i32.optional(),
});

/** The rows again; views of what was read. Undefined if these are no rows. */
export function unpackRows(arrays: Readonly<Record<string, StateArray>>): ShardRows | undefined {
  const parsed = arraysSchema.safeParse(arrays).data;
  if (parsed === undefined) return undefined;
  const { batchSizes, lengths, numPromptTokens, truncated, inputIds, marks } = parsed;
  const rows: TokenizedRow[] = [];
  let end = 0;
  for (const [i, length] of lengths.entries()) {
    const ids = inputIds.subarray(end, end + length);
    rows.push({ inputIds: ids, numPromptTokens: numPromptTokens[i]!, truncated: truncated[i] === 1, hasTargets: true });
    end += length;
  }
  return { rows, marks, batchSizes: [...batchSizes] };
}
