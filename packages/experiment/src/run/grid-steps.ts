import { join } from 'node:path';
import { type LockOwner, type Reporter, type RunRecord, throwIfAborted } from '@pharmacist/core';
import type { RowSource } from '@pharmacist/data-io';
import { align, type AlignResult } from '../align/align.ts';
import { attack, type AttackResult } from '../attack/attack.ts';
import { dataSource } from '../bundled.ts';
import { evaluate, type EvaluateResult } from '../evaluate/evaluate.ts';
import { referenceFile } from './pool-files.ts';
import { select, type SelectResult } from '../select/select.ts';
import type { StageOptions } from '../every-stage/options.ts';
import type { Workbench } from '../models/workbench.ts';
import type { RunConfig } from './config-schema.ts';
import { writeSmallerCore } from './core-file.ts';
import type { Downstream } from './downstream.ts';
import type { AlignmentStep, AttackStep, SelectionStep } from './plan.ts';
import { stepIds } from './step-ids.ts';

export interface GridStepsOptions extends Pick<StageOptions, 'catalog' | 'signal'> {
  readonly config: RunConfig;
  /** The run's directory. */
  readonly out: string;
  readonly workbench: Workbench;
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /** @param id of a step. @returns what hears of its progress. */
  readonly reporterOf: (id: string) => Reporter;
  /** On whose behalf steps are made, where other machines may be at it too. */
  readonly ownerOf?: ((id: string) => LockOwner) | undefined;
  /** Steps are taken from processes on other machines, since the user says that these are gone. */
  readonly takeOver?: boolean | undefined;
  /** Hears of every step that is done, now or earlier. */
  readonly onDone?: ((id: string, record: RunRecord) => void) | undefined;
}

/** What later steps need to know of a selection. */
export interface SelectionFacts {
  readonly files: Pick<SelectResult['files'], 'core'>;
  /** Of the whole pool. */
  readonly numRows: number;
}

type Stage = Pick<
  StageOptions,
  | 'model'
  | 'template'
  | 'maxLength'
  | 'engine'
  | 'catalog'
  | 'split'
  | 'subset'
  | 'isRowsChecked'
  | 'signal'
  | 'reporter'
  | 'out'
  | 'owner'
  | 'takeOver'
>;

/**
 * The steps of a run, each in its own directory below the run's. A step needs nothing of those before it but their files, so that every step
 * may be made by another process, on another machine.
 */
export class GridSteps {
  readonly #options: GridStepsOptions;
  /** Every selection of a pool would say it anew. */
  readonly #saidOfRows = new Set<string>();

  constructor(options: GridStepsOptions) {
    this.#options = options;
  }

  async select(step: SelectionStep): Promise<SelectResult> {
    const { method, seed, keeps } = step;
    const { config, workbench } = this.#options;
    const { harmful, trusted } = this.#referenceFiles(step);
    return await this.#made(stepIds.selection(step), async (stage) => {
      return await select(
        {
          ...stage,
          seed,
          alignment: this.poolFile(step),
          harmful,
          validation: trusted,
          method: method.name,
          methodOptions: method.options,
          filters: method.filters,
          keep: keeps[0]!,
          batchSize: config.selection.batchSize,
          explain: config.selection.explain,
          saidOfRows: this.#saidOfRows,
        },
        workbench,
      );
    });
  }

  async align({ alignment, data }: Downstream, step: AlignmentStep, selected: SelectionFacts): Promise<AlignResult> {
    const { keep, defense, seed, selection } = step;
    const { defenses: _, ...training } = alignment;
    const isLargest = keep === selection.keeps[0];
    const core = isLargest ? selected.files.core : this.#file(join('core', `${selection.id}-k${keep}.jsonl`));
    if (!isLargest) await writeSmallerCore(selected.files.core, core, { numRows: selected.numRows, keep });
    return await this.#made(stepIds.alignment(step), async (stage) => {
      const harmful = this.#data(data.harmful);
      return await align(
        { ...stage, seed, data: core, harmful, defense: defense.name, defenseOptions: defense.options, training },
        this.#options.workbench,
      );
    });
  }

  async attack({ attack: settings, data }: Downstream, step: AttackStep): Promise<AttackResult> {
    const { poisonRatio, alignment } = step;
    const { poisonRatios: _, samples: numSamples, loraMode, ...training } = settings;
    return await this.#made(stepIds.attack(step), async (stage) => {
      return await attack(
        {
          ...stage,
          seed: alignment.seed,
          adapters: [this.#file(stepIds.alignment(alignment))],
          task: this.#data(data.task.train),
          taskOptions: data.task,
          harmful: this.#data(data.attackHarmful),
          alignment: [this.poolFile(alignment.selection)],
          allowOverlap: data.allowOverlap,
          poisonRatio,
          numSamples,
          loraMode,
          training,
        },
        this.#options.workbench,
      );
    });
  }

  /** @throws {IncompleteError} if a judge could not be asked about some answers. */
  async evaluateBefore(downstream: Downstream, step: AlignmentStep): Promise<EvaluateResult> {
    return await this.#evaluate(downstream, stepIds.before(step), { seed: step.seed, adapters: [this.#file(stepIds.alignment(step))] });
  }

  /** @throws {IncompleteError} if a judge could not be asked about some answers. */
  async evaluateAfter(downstream: Downstream, step: AttackStep): Promise<EvaluateResult> {
    const { alignment } = step;
    const attacked = this.#file(stepIds.attack(step));
    const adapters = downstream.attack.loraMode === 'double' ? [this.#file(stepIds.alignment(alignment)), attacked] : [attacked];
    return await this.#evaluate(downstream, stepIds.after(step), { seed: alignment.seed, adapters });
  }

  /** The rows that a selection ranks: a drawn pool, or the alignment rows as they are. */
  poolFile({ pool }: SelectionStep): RowSource {
    return pool === undefined ? this.#data(this.#options.config.data.alignment) : this.#file(pool.file);
  }

  async #evaluate(
    { data, evaluation }: Downstream,
    id: string,
    { seed, adapters }: { seed: number; adapters: readonly string[] },
  ): Promise<EvaluateResult> {
    const { env, workbench } = this.#options;
    return await this.#made(id, async (stage) => {
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
          cacheDir: this.#file('answers'),
          cacheWriter: id,
          env,
        },
        workbench,
      );
    });
  }

  async #made<T extends { readonly record: RunRecord }>(id: string, work: (stage: Stage) => Promise<T>): Promise<T> {
    const { config, catalog, signal, reporterOf, ownerOf, takeOver, onDone } = this.#options;
    throwIfAborted(signal);
    const { model, template, maxLength, engine, data } = config;
    const result = await work({
      model,
      template,
      maxLength,
      engine,
      catalog,
      split: data.split,
      subset: data.subset,
      isRowsChecked: true,
      signal,
      reporter: reporterOf(id),
      out: this.#file(id),
      owner: ownerOf?.(id),
      takeOver,
    });
    onDone?.(id, result.record);
    return result;
  }

  /** What a selection sees beside its pool: rows drawn with it, or those that the configuration names. */
  #referenceFiles({ pool }: SelectionStep): { harmful: RowSource | undefined; trusted: RowSource | undefined } {
    if (pool?.spec.trusted === undefined) {
      const { harmful, validation } = this.#options.config.data;
      return { harmful: harmful && this.#data(harmful), trusted: validation && this.#data(validation) };
    }
    const path = (role: 'harmful' | 'trusted') => this.#file(referenceFile(pool.file, role));
    return { harmful: path('harmful'), trusted: path('trusted') };
  }

  #file(name: string): string {
    return join(this.#options.out, name);
  }

  #data(source: RowSource): RowSource {
    return dataSource(source);
  }
}
