import { memberOf, slices } from '@pharmacist/core';
import { type AlignmentRow, type RowSet, writeJsonl } from '@pharmacist/data-io';
import { numKept } from '@pharmacist/selector';
import type { OrderedPool } from './pool-context.ts';

/** `core.jsonl`: the chosen rows with their original fields untouched, the best first; those of a large pool are read in parts, and none is held. */
export async function writeCore(
  path: string,
  alignment: RowSet,
  { numbers, order, keep }: Pick<OrderedPool, 'numbers'> & { readonly order: Int32Array; readonly keep: number },
  signal?: AbortSignal,
): Promise<void> {
  const chosen = order.subarray(0, numKept(order.length, keep)).map((index) => numbers[index]!);
  await writeJsonl(path, inTurns(await alignment.inOrder(chosen, signal), signal));
}

async function* inTurns(rows: readonly AlignmentRow[], signal: AbortSignal | undefined): AsyncGenerator<AlignmentRow> {
  const rowAt = memberOf(rows);
  for await (const [start, end] of slices(rows.length, { signal })) for (let place = start; place < end; place++) yield rowAt(place);
}
