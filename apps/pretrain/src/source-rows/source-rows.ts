import { join } from 'node:path';
import { Random, writeFileAtomic } from '@pharmacist/core';
import { benignRows } from './benign-rows.ts';
import { goodRows } from './good-rows.ts';
import { readHhRows } from './hh-rows.ts';
import { mislabelledRows } from './mislabelled-rows.ts';
import type { SourceRow } from './source-row.ts';

/** A row with an id that says nothing about it. */
export type BundledSourceRow = SourceRow & { readonly id: string };

/**
 * Rows that pools with split sources are drawn from: safe, harmful and benign answers of many forms, each with its kind, source and stratum.
 * Corrupted rows are not among them: a pool makes its own from rows that it does not hold.
 * @throws {FileError} if a source file is missing.
 */
export async function sourceRows(folder: string, seed: number): Promise<BundledSourceRow[]> {
  const random = new Random(seed).split('source rows');
  const hh = await readHhRows(folder);
  const rows = [
    ...(await goodRows(folder, hh, random.split('good'))),
    ...(await mislabelledRows(folder, hh, random.split('mislabelled'))),
    ...(await benignRows(folder, hh, random.split('benign'))),
  ];
  return random
    .split('order')
    .shuffle(rows)
    .map((row, index) => ({ id: `row-${String(index + 1).padStart(4, '0')}`, ...row }));
}

/** Writes `rows.jsonl`. @returns rows of each kind, source and stratum. */
export async function writeSourceRows(folder: string, rows: readonly BundledSourceRow[]): Promise<Record<string, number>> {
  await writeFileAtomic(join(folder, 'rows.jsonl'), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  const counts: Record<string, number> = {};
  for (const name of rows.map(({ kind, source, stratum }) => `${kind} ${source} ${stratum}`).sort()) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}
