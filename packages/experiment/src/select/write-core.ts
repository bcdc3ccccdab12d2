import { slices } from '@pharmacist/core';
import { type AlignmentRow, writeJsonl } from '@pharmacist/data-io';
import type { RankedRow } from './rank-rows.ts';

/** `core.jsonl`: the chosen rows with their original fields untouched, the best first. */
export async function writeCore(path: string, ranked: readonly RankedRow[], signal?: AbortSignal): Promise<void> {
  await writeJsonl(path, selectedRows(ranked, signal));
}

async function* selectedRows(ranked: readonly RankedRow[], signal: AbortSignal | undefined): AsyncGenerator<AlignmentRow> {
  for await (const [start, end] of slices(ranked.length, { signal })) {
    for (const { row, selected } of ranked.slice(start, end)) if (selected) yield row;
  }
}
