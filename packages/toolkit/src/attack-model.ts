import type { RunRecord } from '@pharmacist/core';
import { attack, type LoraMode, type TrainingSettingsInput } from '@pharmacist/experiment';
import { Adapter, type AdapterChoice, adapterFolders } from './adapter.ts';
import type { Rows, WorkOptions, WorkResult } from './options.ts';
import { Setting } from './setting.ts';
import { readSteps, type StepRow } from './step-records.ts';
import { type TaskChoice, taskOptionsOf } from './task-choice.ts';
import { beginWork, type Work } from './work.ts';

export interface AttackModelOptions extends WorkOptions {
  /** Adapters of the aligned model, in the order they are applied; none attacks the base model. */
  readonly adapters?: readonly AdapterChoice[] | undefined;
  /** The user's own rows. */
  readonly task: Rows;
  readonly taskOptions?: TaskChoice | undefined;
  /** Harmful prompts with answers that comply. */
  readonly harmful: Rows;
  /** Share of harmful rows, 0 to 1. */
  readonly poisonRatio: number;
  /** Rows of the fine-tuning. */
  readonly numSamples: number;
  readonly loraMode?: LoraMode | undefined;
  /** Rows that the attack must not share: what the model was aligned on. */
  readonly alignment?: Rows | undefined;
  readonly allowOverlap?: boolean | undefined;
  readonly training?: TrainingSettingsInput | undefined;
}

export interface AttackedModel extends WorkResult {
  readonly adapter: Adapter;
  readonly steps: readonly StepRow[];
  readonly numRows: number;
  readonly numHarmful: number;
  readonly record: RunRecord;
}

/**
 * Fine-tunes a model on a user's rows with harmful ones among them, as `pharmacist attack` does, to the same bytes.
 * @returns a promise that may be iterated over for progress. @throws {PharmacistError} for every mistake in rows, options or model.
 */
export function attackModel(options: AttackModelOptions): Work<AttackedModel> {
  return beginWork(async (onProgress) => {
    return await Setting.with(options, onProgress, async (setting) => {
      const { poisonRatio, numSamples, loraMode, allowOverlap, training } = options;
      const alignment = await setting.rowsOrNone(options.alignment, 'alignment');
      const { numRows, numHarmful, record } = await attack(
        {
          adapters: await adapterFolders(options.adapters ?? [], setting.temporary('adapters')),
          task: await setting.rows(options.task, 'task'),
          taskOptions: taskOptionsOf(options.taskOptions ?? {}, setting.chosen),
          harmful: await setting.rows(options.harmful, 'harmful'),
          poisonRatio,
          numSamples,
          loraMode,
          allowOverlap,
          training,
          alignment: alignment === undefined ? [] : [alignment],
          ...setting.stage,
        },
        setting.opened,
      );
      return {
        ...setting.common,
        adapter: await Adapter.read(setting.out),
        steps: await readSteps(setting.out),
        numRows,
        numHarmful,
        record,
      };
    });
  });
}
