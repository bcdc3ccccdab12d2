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

/** Hashes of the files that the configuration names; a file on the Hub is hashed by the steps that read it. */
async function inputsOf({ data }: RunConfig, assetsDir: string): Promise<RunInput[]> {
  const { task, allowOverlap: _, pools: __, ...files } = data;
  const sources = { ...files, taskTrain: task?.train, taskTest: task?.test };
  const inputs: RunInput[] = [];
  for (const [role, source] of Object.entries(sources)) {
    if (source === undefined || source.startsWith('hf://')) continue;
    inputs.push({ role, source, sha256: await sha256OfFile(dataPath(source, assetsDir)) });
  }
  return inputs;
}

/** The steps of one run, each in its own directory. */
class Grid {
  readonly selections: GridSelection[] = [];
  /** What judges failed on, one line an evaluation. */
  readonly problems: string[] = [];
  /** Of any evaluation: the report describes its judge. */
  anyScores: Scores | undefined;
  readonly #options: RunOptions;
  readonly #workbench: Workbench;
  readonly #directory: RunDirectory;
  readonly #progress: GridProgress;

  constructor(options: RunOptions, workbench: Workbench, directory: RunDirectory) {
    this.#options = options;
    this.#workbench = workbench;
    this.#directory = directory;
    this.#progress = new GridProgress(timedSteps(options.config), options.reporter ?? silentReporter);
  }

  async run(): Promise<ResultRow[]> {
    const { selections, alignments, attacks } = planRun(this.#options.config);
    const downstream = downstreamOf(this.#options.config);
    const rows: ResultRow[] = [];
    for (const selection of selections) {
      const selected = await this.#select(selection);
      this.selections.push({ step: selection, poolFile: this.#poolFile(selection), result: selected });
      if (downstream === undefined) continue;
      for (const alignment of alignments.filter((step) => step.selection === selection)) {
        const aligned = await this.#align(downstream, alignment, selected);
        const before = await this.#evaluate(downstream, `${alignment.id}-before`, alignment.seed, [aligned.out]);
        for (const step of attacks.filter((candidate) => candidate.alignment === alignment)) {
          const attacked = await this.#attack(downstream, step, aligned);
          const adapters = downstream.attack.loraMode === 'double' ? [aligned.out, attacked.out] : [attacked.out];
          const after = await this.#evaluate(downstream, `${step.id}-after`, alignment.seed, adapters);
          rows.push(resultRow(downstream, { step, selected, aligned, attacked, before, after }));
        }
      }
    }
    return rows;
  }

  async #select(step: SelectionStep): Promise<SelectResult> {
    const { id, method, seed, keeps } = step;
    const { selection } = this.#options.config;
    const { harmful, validation } = this.#options.config.data;
    return await this.#timed(`select/${id}`, async (stage) => {
      return await select(
        {
          ...stage,
          seed,
          alignment: this.#poolFile(step),
          harmful: harmful && this.#data(harmful),
          validation: validation && this.#data(validation),
          method: method.name,
          methodOptions: method.options,
          filters: method.filters,
          keep: keeps[0]!,
          batchSize: selection.batchSize,
          explain: selection.explain,
        },
        this.#workbench,
      );
    });
  }

  async #align(
    { alignment, data }: Downstream,
    { id, keep, defense, seed, selection }: AlignmentStep,
    selected: SelectResult,
  ): Promise<AlignResult> {
    const { defenses: _, ...training } = alignment;
    const core = keep === selection.keeps[0] ? selected.files.core : this.#directory.file(join('core', `${selection.id}-k${keep}.jsonl`));
    if (core !== selected.files.core) await writeSmallerCore(selected.files.core, core, { numRows: selected.numRows, keep });
    return await this.#timed(`align/${id}`, async (stage) => {
      const harmful = this.#data(data.harmful);
      return await align(
        { ...stage, seed, data: core, harmful, defense: defense.name, defenseOptions: defense.options, training },
        this.#workbench,
      );
    });
  }

  async #attack(
    { attack: settings, data }: Downstream,
    { id, poisonRatio, alignment }: AttackStep,
    aligned: AlignResult,
  ): Promise<AttackResult> {
    const { poisonRatios: _, samples: numSamples, loraMode, lora, ...training } = settings;
    return await this.#timed(`attack/${id}`, async (stage) => {
      return await attack(
        {
          ...stage,
          seed: alignment.seed,
          adapters: [aligned.out],
          task: this.#data(data.task.train),
          taskOptions: data.task,
          harmful: this.#data(data.attackHarmful),
          alignment: [this.#poolFile(alignment.selection)],
          allowOverlap: data.allowOverlap,
          poisonRatio,
          numSamples,
          loraMode,
          training: loraMode === 'double' ? { ...training, lora } : training,
        },
        this.#workbench,
      );
    });
  }

  async #evaluate({ data, evaluation }: Downstream, id: string, seed: number, adapters: readonly string[]): Promise<Measured> {
    const step = `evaluate/${id}`;
    try {
      const { scores, record } = await this.#timed(step, async (stage) => {
        return await evaluate(
          {
            ...stage,
            seed,
            adapters,
            harmfulPrompts: this.#data(data.harmfulPrompts),
            task: this.#data(data.task.test),
            taskOptions: data.task,
            overRefusalPrompts: data.overRefusalPrompts && this.#data(data.overRefusalPrompts),
            pairs: data.pairs && this.#data(data.pairs),
            plainText: data.plainText && this.#data(data.plainText),
            judges: evaluation.judges,
            maxNewTokens: evaluation.maxNewTokens,
            batchSize: evaluation.batchSize,
            limit: evaluation.limit,
            cacheDir: this.#directory.file('answers'),
            env: this.#options.env,
          },
          this.#workbench,
        );
      });
      this.anyScores ??= scores;
      return { scores, seconds: record.timing.wallSeconds };
    } catch (error) {
      if (!(error instanceof IncompleteError)) throw error;
      this.problems.push(`${step}: ${error.message}`);
      const scores = error.details['scores'] as Scores;
      this.anyScores ??= scores;
      return { scores, seconds: error.details['seconds'] as number };
    }
  }

  async #timed<T extends { readonly record: RunRecord }>(id: string, work: (stage: Stage) => Promise<T>): Promise<T> {
    throwIfAborted(this.#options.signal);
    const { model, template, maxLength, engine } = this.#options.config;
    const { assetsDir, signal } = this.#options;
    const result = await work({
      model,
      template,
      maxLength,
      engine,
      assetsDir,
      signal,
      reporter: this.#progress.reporterOf(id),
      out: this.#directory.file(id),
    });
    this.#progress.finish(id, result.record.timing.wallSeconds);
    return result;
  }

  /** The rows that a selection ranks: a drawn pool, or the alignment rows as they are. */
  #poolFile({ pool }: SelectionStep): string {
    return pool === undefined ? this.#data(this.#options.config.data.alignment) : this.#directory.file(pool.file);
  }

  #data(source: string): string {
    return dataPath(source, this.#options.assetsDir);
  }
}

type Stage = Pick<StageOptions, 'model' | 'template' | 'maxLength' | 'engine' | 'assetsDir' | 'signal' | 'reporter' | 'out'>;
