import { join } from 'node:path';
import { DataError, readJson, writeJsonAtomic } from '@pharmacist/core';
import type { Figure } from './figure.ts';
import type { Machine } from './machine.ts';

export const RESULT_FORMAT_VERSION = 1;

/** The form of results/<date>-<suite>.json. */
export interface BenchResult {
  readonly formatVersion: typeof RESULT_FORMAT_VERSION;
  readonly suite: string;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly commit: string;
  readonly machine: Machine;
  readonly versions: Readonly<Record<string, string>>;
  /** Load of the machine before and after the suite, and whether others used so little of it that the figures can be trusted. */
  readonly load: { readonly before: number; readonly after: number; readonly isQuiet: boolean };
  readonly protocol: Readonly<Record<string, unknown>>;
  readonly figures: readonly Figure[];
  /** For people: what was assumed, what was left out and why. */
  readonly notes: readonly string[];
}

/** Path of a result: its day and suite. */
export function resultPath(dir: string, { startedAt, suite }: Pick<BenchResult, 'startedAt' | 'suite'>): string {
  return join(dir, `${startedAt.slice(0, 10)}-${suite}.json`);
}

export async function writeResult(path: string, result: BenchResult): Promise<void> {
  await writeJsonAtomic(path, result);
}

/** @throws {DataError} if the file is no result of this version. @throws {FileError} if it cannot be read. */
export async function readResult(path: string): Promise<BenchResult> {
  const value = (await readJson(path)) as Partial<BenchResult> | null;
  if (value?.formatVersion !== RESULT_FORMAT_VERSION || !Array.isArray(value.figures) || typeof value.suite !== 'string') {
    throw new DataError('is not a result of this version of the bench', {
      where: path,
      hint: 'name a file that `pnpm bench` wrote under apps/bench/results',
    });
  }
  return value as BenchResult;
}
