import { join } from 'node:path';
import { IncompleteError, type RunDirectory, type RunRecord, silentReporter, throwIfAborted } from '@pharmacist/core';
import type { RowSource } from '@pharmacist/data-io';
import type { ResultRow } from '@pharmacist/results';
import { align, type AlignResult } from '../align/align.ts';
import { attack, type AttackResult } from '../attack/attack.ts';
import { dataSource } from '../bundled.ts';
import { evaluate } from '../evaluate/evaluate.ts';
import type { Scores } from '../evaluate/scores.ts';
import { referenceFile } from './pool-files.ts';
import { select, type SelectResult } from '../select/select.ts';
import type { StageOptions } from '../stage/options.ts';
import type { Workbench } from '../stage/workbench.ts';
import type { RunConfig } from './config-schema.ts';
import { writeSmallerCore } from './core-file.ts';
import { type Downstream, downstreamOf } from './downstream.ts';
import { GridProgress } from './grid-progress.ts';
import { type AlignmentStep, type AttackStep, planRun, type SelectionStep } from './plan.ts';
import type { GridSelection } from './read-rankings.ts';
import { type Measured, resultRow } from './cell-row.ts';
import { timedSteps } from './timed-steps.ts';

export interface GridOptions extends Pick<StageOptions, 'assetsDir' | 'reporter' | 'signal'> {
  readonly config: RunConfig;
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
}

type Stage = Pick<
  StageOptions,
  'model' | 'template' | 'maxLength' | 'engine' | 'assetsDir' | 'split' | 'subset' | 'isRowsChecked' | 'signal' | 'reporter' | 'out'
>;

/** The steps of one run, each in its own directory. */
export class Grid {
  readonly selections: GridSelection[] = [];
  /** What judges failed on, one line an evaluation. */
  readonly problems: string[] = [];
  /** Of any evaluation: the report describes its judge. */
  anyScores: Scores | undefined;
  readonly #options: GridOptions;
  readonly #workbench: Workbench;
  readonly #directory: RunDirectory;
  readonly #progress: GridProgress;

  constructor(options: GridOptions, workbench: Workbench, directory: RunDirectory) {
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
    const { harmful, trusted } = this.#referenceFiles(step);
    return await this.#timed(`select/${id}`, async (stage) => {
      return await select(
        {
          ...stage,
          seed,
          alignment: this.#poolFile(step),
          harmful,
          validation: trusted,
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
    const { poisonRatios: _, samples: numSamples, loraMode, ...training } = settings;
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
          training,
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
      this.#count(error.details['passes'] as RunRecord['passes']);
      const scores = error.details['scores'] as Scores;
      this.anyScores ??= scores;
      return { scores, seconds: error.details['seconds'] as number };
    }
  }

  async #timed<T extends { readonly record: RunRecord }>(id: string, work: (stage: Stage) => Promise<T>): Promise<T> {
    throwIfAborted(this.#options.signal);
    const { model, template, maxLength, engine, data } = this.#options.config;
    const { assetsDir, signal } = this.#options;
    const result = await work({
      model,
      template,
      maxLength,
      engine,
      assetsDir,
      split: data.split,
      subset: data.subset,
      isRowsChecked: true,
      signal,
      reporter: this.#progress.reporterOf(id),
      out: this.#directory.file(id),
    });
    this.#count(result.record.passes);
    this.#progress.finish(id, result.record.timing.wallSeconds);
    return result;
  }

  /** The run's passes are those of its steps, finished earlier or now. */
  #count(passes: RunRecord['passes']): void {
    for (const [kind, n] of Object.entries(passes)) this.#directory.count(kind, n);
  }

  /** The rows that a selection ranks: a drawn pool, or the alignment rows as they are. */
  #poolFile({ pool }: SelectionStep): RowSource {
    return pool === undefined ? this.#data(this.#options.config.data.alignment) : this.#directory.file(pool.file);
  }

  /** What a selection sees beside its pool: rows drawn with it, or those that the configuration names. */
  #referenceFiles({ pool }: SelectionStep): { harmful: RowSource | undefined; trusted: RowSource | undefined } {
    if (pool?.spec.trusted === undefined) {
      const { harmful, validation } = this.#options.config.data;
      return { harmful: harmful && this.#data(harmful), trusted: validation && this.#data(validation) };
    }
    const path = (role: 'harmful' | 'trusted') => this.#directory.file(referenceFile(pool.file, role));
    return { harmful: path('harmful'), trusted: path('trusted') };
  }

  #data(source: RowSource): RowSource {
    return dataSource(source, this.#options.assetsDir);
  }
}
