import { writeFileAtomic } from '@pharmacist/core';
import {
  type ComparisonPlan,
  writeComparisons,
  writePlanted,
  writeRankingResults,
  writeReliability,
  writeResults,
} from '@pharmacist/results';
import type { RunConfig } from './config-schema.ts';
import { planRun } from './plan.ts';
import { reportOfRun, type ReportSources } from './report-of-run.ts';

export interface RunFiles {
  readonly results: string;
  readonly comparisons?: string;
  /** By kind of row, where the run ranks pools of known truth. */
  readonly planted?: string;
  /** How far probabilities hold, of the same runs. */
  readonly reliability?: string;
  readonly report: string;
}

/** The files that a run leaves besides its record and its steps, by their names in its directory. */
export function namesOfRunFiles(config: RunConfig, { pairs }: ComparisonPlan): RunFiles {
  const isCompared = config.alignment !== undefined && config.seeds.length > 1 && pairs.length > 0;
  const isRanked = config.alignment === undefined || planRun(config).pools.length > 0;
  return {
    results: 'results.parquet',
    ...(isCompared && { comparisons: 'comparisons.parquet' }),
    ...(isRanked && { planted: 'planted.parquet', reliability: 'reliability.parquet' }),
    report: 'report.html',
  };
}

/** The same as places: @param pathOf place of a file in the run's directory. */
export function placesOfRunFiles(names: RunFiles, pathOf: (name: string) => string): RunFiles {
  const { results, comparisons, planted, reliability, report } = names;
  return {
    results: pathOf(results),
    ...(comparisons !== undefined && { comparisons: pathOf(comparisons) }),
    ...(planted !== undefined && { planted: pathOf(planted) }),
    ...(reliability !== undefined && { reliability: pathOf(reliability) }),
    report: pathOf(report),
  };
}

/** The page comes last: who sees it finds the tables. */
export async function writeRunFiles(files: RunFiles, found: ReportSources): Promise<void> {
  if (found.config.alignment === undefined) await writeRankingResults(files.results, found.rankings);
  else await writeResults(files.results, found.rows);
  if (files.comparisons !== undefined) await writeComparisons(files.comparisons, found.comparisons);
  if (files.planted !== undefined) await writePlanted(files.planted, found.rankings);
  if (files.reliability !== undefined) await writeReliability(files.reliability, found.reliabilities);
  await writeFileAtomic(files.report, await reportOfRun(found));
}
