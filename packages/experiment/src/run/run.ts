import { IncompleteError, openRunDirectory, type RunRecord, silentReporter } from '@pharmacist/core';
import { readRows } from '@pharmacist/data-io';
import { parseDefense } from '../align/parse-defense.ts';
import { modelDirectory } from '../assets.ts';
import { dataPath } from '../bundled.ts';
import { drawPools, writePools } from '../planted/pool-files.ts';
import { parseFilters } from '../select/filter-pool.ts';
import { checkNeeds, haveKinds, parseMethod } from '../select/parse-method.ts';
import type { StageOptions } from '../stage/options.ts';
import { withWorkbench } from '../stage/workbench.ts';
import { environment } from '../versions.ts';
import type { Comparison } from './comparison.ts';
import { compareMethods, planComparisons } from './comparisons.ts';
import type { RunConfig } from './config-schema.ts';
import { Grid, type GridOptions } from './grid.ts';
import { planRun } from './plan.ts';
import { type RankingResult, rankingResults } from './ranking-results.ts';
import { readRankings } from './read-rankings.ts';
import type { ResultRow } from './result-row.ts';
import { namesOfRunFiles, placesOfRunFiles, type RunFiles, writeRunFiles } from './run-files.ts';
import { inputsOf } from './run-inputs.ts';

export type RunOptions = GridOptions & Pick<StageOptions, 'out'>;

export interface RunResult {
  readonly out: string;
  readonly files: RunFiles & { readonly record: string };
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
 * continues there. Writes results.parquet, report.html and run.json, for pools or rankings alone planted.parquet, and if it aligns, with two or
 * more seeds, comparisons.parquet.
 * @throws {IncompleteError} after the whole grid if a judge failed on some answers. @throws {PharmacistError} for every mistake in the
 * configuration or a file.
 */
export async function run(options: RunOptions): Promise<RunResult> {
  const { config, out, assetsDir, reporter = silentReporter } = options;
  await checkMethods(config, assetsDir);
  const comparisonPlan = planComparisons(config);
  const names = namesOfRunFiles(config, comparisonPlan);
  const inputs = await inputsOf(config, assetsDir);
  const pools = await drawPools(planRun(config).pools, config.data.alignment, assetsDir);
  const { model, engine, threads: numThreads } = config;
  return await withWorkbench({ model, engine, numThreads, assetsDir, reporter }, undefined, async (workbench) => {
    const { choice } = workbench;
    const directory = await openRunDirectory({
      path: out,
      command: 'run',
      config: { ...config, engine: choice.engine.name },
      inputs: [...inputs, { role: 'model', source: model, sha256: workbench.model.identityHash }],
      versions: environment(choice.engine),
      engine: { name: choice.engine.name, description: choice.engine.description, reason: choice.reason },
      resultFiles: Object.values(names),
      reporter,
    });
    const places = placesOfRunFiles(names, (name) => directory.file(name));
    const files = { ...places, record: directory.file('run.json') };
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
        const { record } = directory;
        await writeRunFiles(places, { config, rows, comparisons, ranked, rankings, record, scores: grid.anyScores });
      });
      if (grid.problems.length > 0) {
        throw new IncompleteError(grid.problems.join('; '), {
          where: out,
          hint: 'see to it that the judge can be reached, and give the same command again',
        });
      }
      const isRanked = places.planted !== undefined;
      await directory.complete({ rows, ...(isRanked && { rankings }) });
      return { out, files, rows, rankings: isRanked ? rankings : [], comparisons, record: directory.record, wasComplete: false };
    } catch (error) {
      await directory.fail(error);
      throw error;
    }
  });
}

/** A mistake in the last method would otherwise end a run after hours. */
async function checkMethods({ selection, alignment, data }: RunConfig, assetsDir: string): Promise<void> {
  const given = { harmful: data.harmful !== undefined, trusted: data.validation !== undefined };
  const methods = selection.methods.map(({ name, options, filters }) => {
    parseFilters(filters ?? []);
    return parseMethod(name, options, given);
  });
  for (const { name, options } of alignment?.defenses ?? []) parseDefense(name, options);
  for (const { selector, config } of methods) for (const model of selector.models?.(config) ?? []) await modelDirectory(model, assetsDir);
  const needKinds = methods.filter(({ selector, config }) => selector.needs?.(config).includes('kinds'));
  // Rows of drawn pools have kinds; a file on the Hub is read by the first step.
  if (needKinds.length === 0 || data.pools !== undefined || data.alignment.startsWith('hf://')) return;
  const kinds = haveKinds((await readRows(dataPath(data.alignment, assetsDir))).rows);
  for (const method of needKinds) checkNeeds(method, { kinds });
}
