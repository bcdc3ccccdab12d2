import type { RunRecord } from '@pharmacist/core';
import { align, CALL_DEFAULTS, type TrainingSettingsInput } from '@pharmacist/experiment';
import { Adapter } from './adapter.ts';
import type { NameOr } from './chosen.ts';
import type { Rows, WorkOptions, WorkResult } from './options.ts';
import { Setting } from './setting.ts';
import { readSteps, type StepRow } from './step-records.ts';
import { beginWork, type Work } from './work.ts';

export interface AlignModelOptions extends WorkOptions {
  /** Rows to align on: harmful prompts with safe answers, a core subset for instance. */
  readonly data: Rows;
  /** How to align; `sft` by default. */
  readonly defense?: NameOr<'defense'> | undefined;
  readonly defenseOptions?: Readonly<Record<string, unknown>> | undefined;
  /** Harmful prompts with harmful answers, for the defenses that simulate an attack. */
  readonly harmful?: Rows | undefined;
  readonly training?: TrainingSettingsInput | undefined;
}

export interface AlignedModel extends WorkResult {
  readonly adapter: Adapter;
  readonly steps: readonly StepRow[];
  readonly defense: string;
  readonly numRows: number;
  readonly record: RunRecord;
}

/**
 * Aligns a model on rows with a defense, as `pharmacist align` does, to the same bytes.
 * @returns a promise that may be iterated over for progress. @throws {PharmacistError} for every mistake in rows, options, model or defense.
 */
export function alignModel(options: AlignModelOptions): Work<AlignedModel> {
  return beginWork(async (onProgress) => {
    return await Setting.with(options, onProgress, async (setting) => {
      const { defense, numRows, record } = await align(
        {
          data: await setting.rows(options.data, 'data'),
          harmful: await setting.rowsOrNone(options.harmful, 'harmful'),
          defense: setting.chosen.nameOf('defense', options.defense ?? CALL_DEFAULTS.defense),
          defenseOptions: options.defenseOptions,
          training: options.training,
          ...setting.stage,
        },
        setting.opened,
      );
      return { ...setting.common, adapter: await Adapter.read(setting.out), steps: await readSteps(setting.out), defense, numRows, record };
    });
  });
}
