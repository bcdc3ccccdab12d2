import { join } from 'node:path';
import {
  IncompleteError,
  openRunDirectory,
  type RunDirectory,
  type RunInput,
  type RunRecord,
  sha256OfFile,
  silentReporter,
  throwIfAborted,
  writeFileAtomic,
} from '@pharmacist/core';
import { align, type AlignResult } from '../align/align.ts';
import { attack, type AttackResult } from '../attack/attack.ts';
import { dataPath } from '../bundled.ts';
import { evaluate } from '../evaluate/evaluate.ts';
import type { Scores } from '../evaluate/scores.ts';
import { parseDefense } from '../align/parse-defense.ts';
import { drawPools, writePools } from '../planted/pool-files.ts';
import { parseFilters } from '../select/filter-pool.ts';
import { parseMethod } from '../select/parse-method.ts';
import { select, type SelectResult } from '../select/select.ts';
import type { StageOptions } from '../stage/options.ts';
import { withWorkbench, type Workbench } from '../stage/workbench.ts';
import { versions } from '../versions.ts';
import { type Comparison, writeComparisons } from './comparison.ts';
import { compareMethods, planComparisons } from './comparisons.ts';
import type { RunConfig } from './config-schema.ts';
import { writeSmallerCore } from './core-file.ts';
import { type Downstream, downstreamOf } from './downstream.ts';
import { GridProgress } from './grid-progress.ts';
import { type AlignmentStep, type AttackStep, planRun, type SelectionStep } from './plan.ts';
import { type RankingResult, rankingResults, writePlanted, writeRankingResults } from './ranking-results.ts';
import { type GridSelection, readRankings } from './read-rankings.ts';
import type { ResultRow } from './result-row.ts';
import { type Measured, resultRow, writeResults } from './results.ts';
import { reportOfRun } from './report-of-run.ts';
import { timedSteps } from './timed-steps.ts';

const RESULTS = 'results.parquet';
const COMPARISONS = 'comparisons.parquet';
const REPORT = 'report.html';
/** By kind of row, where the run ranks pools of known truth. */
const PLANTED = 'planted.parquet';

export interface RunOptions extends Pick<StageOptions, 'assetsDir' | 'out' | 'reporter' | 'signal'> {
  readonly config: RunConfig;
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
}

export interface RunResult {
  readonly out: string;
  readonly files: {
    readonly results: string;
    readonly comparisons?: string;
    readonly planted?: string;
    readonly report: string;
    readonly record: string;
  };
  /** None if the run only ranks. */
  readonly rows: readonly ResultRow[];
  /** What the rankings are worth by themselves; none of a run that aligns on its rows as they are. */
  readonly rankings: readonly RankingResult[];
  /** Methods against each other over the seeds; empty with one seed, and if the run only ranks. */
  readonly comparisons: readonly Comparison[];
  readonly record: RunRecord;
  /** True if an earlier run had finished: nothing was computed. */
  readonly wasComplete: boolean;
}

/**
 * Runs a grid: pools x selection methods x defenses x poison ratios x seeds, everything shared once; a configuration without alignment and
 * attack ends with the rankings. Every step has a run directory of its own below `out`, so that a run that was stopped at any moment
 * continues there. Writes results.parquet, report.html and run.json, for pools or rankings alone planted.parquet, and with two or more seeds
 * comparisons.parquet.
 * @throws {IncompleteError} after the whole grid if a judge failed on some answers. @throws {PharmacistError} for every mistake in the
 * configuration or a file.
 */
export async function run(options: RunOptions): Promise<RunResult> {
  const { config, out, assetsDir, reporter = silentReporter } = options;
  for (const { name, options: given, filters } of config.selection.methods) {
    parseMethod(name, given, { harmful: config.data.harmful !== undefined, trusted: config.data.validation !== undefined });
    parseFilters(filters ?? []);
  }
  for (const { name, options: given } of config.alignment?.defenses ?? []) parseDefense(name, given);
  const comparisonPlan = planComparisons(config);
  const isCompared = config.alignment !== undefined && config.seeds.length > 1 && comparisonPlan.pairs.length > 0;
  const inputs = await inputsOf(config, assetsDir);
  const pools = await drawPools(planRun(config).pools, config.data.alignment, assetsDir);
  const isRanked = config.alignment === undefined || pools.size > 0;
  const { model, engine, threads: numThreads } = config;
  return await withWorkbench({ model, engine, numThreads, assetsDir, reporter }, undefined, async (workbench) => {
    const { choice } = workbench;
    const directory = await openRunDirectory({
      path: out,
      command: 'run',
      config: { ...config, engine: choice.engine.name },
      inputs: [...inputs, { role: 'model', source: model, sha256: workbench.model.contentHash }],
      versions: { ...versions(), ...choice.engine.versions },
      engine: { name: choice.engine.name, description: choice.engine.description, reason: choice.reason },
      resultFiles: [RESULTS, ...(isCompared ? [COMPARISONS] : []), ...(isRanked ? [PLANTED] : []), REPORT],
      reporter,
    });
    const files = {
      results: directory.file(RESULTS),
      ...(isCompared && { comparisons: directory.file(COMPARISONS) }),
      ...(isRanked && { planted: directory.file(PLANTED) }),
      report: directory.file(REPORT),
      record: directory.file('run.json'),
    };
    if (directory.isComplete) {
      const { rows = [], rankings = [] } = directory.record.summary as { rows?: ResultRow[]; rankings?: RankingResult[] };
      const comparisons = compareMethods(rows, comparisonPlan);
      return { out, files, rows, rankings, comparisons, record: directory.record, wasComplete: true };
    }
    try {
      await writePools(pools, (file) => directory.file(file));
      const grid = new Grid(options, workbench, directory);
      const rows = await directory.phase('grid', async () => await grid.run());
      const ranked = await readRankings(grid.selections);
      const rankings = rankingResults(ranked);
      const comparisons = compareMethods(rows, comparisonPlan);
      await directory.phase('write', async () => {
        if (config.alignment === undefined) await writeRankingResults(files.results, rankings);
        else await writeResults(files.results, rows);
        if (files.comparisons !== undefined) await writeComparisons(files.comparisons, comparisons);
        if (files.planted !== undefined) await writePlanted(files.planted, rankings);
        const report = await reportOfRun({
          config,
          rows,
          comparisons,
          ranked,
          rankings,
          record: directory.record,
          scores: grid.anyScores,
        });
        await writeFileAtomic(files.report, report);
      });
      if (grid.problems.length > 0) {
        throw new IncompleteError(grid.problems.join('; '), {
          where: out,
          hint: 'see to it that the judge can be reached, and give the same command again',
        });
      }
      await directory.complete({ rows, ...(isRanked && { rankings }) });
      return { out, files, rows, rankings: isRanked ? rankings : [], comparisons, record: directory.record, wasComplete: false };
    } catch (error) {
      await directory.fail(error);
      throw error;
    }
  });
}
