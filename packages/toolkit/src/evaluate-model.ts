import type { RunRecord } from '@pharmacist/core';
import { streamRecords } from '@pharmacist/data-io';
import { evaluate, EVALUATE_DEFAULTS, type EvaluateOptions, type JudgeChoice as NamedJudge, type Scores } from '@pharmacist/experiment';
import { type AdapterChoice, adapterFolders } from './adapter.ts';
import type { Chosen, NameOr } from './chosen.ts';
import type { Rows, WorkOptions, WorkResult } from './options.ts';
import { Setting } from './setting.ts';
import { type TaskChoice, taskOptionsOf } from './task-choice.ts';
import { beginWork, type Work } from './work.ts';

/** A judge, with options that differ from its defaults. */
export type JudgeChoice = NameOr<'judge'> | { readonly judge: NameOr<'judge'>; readonly options?: Readonly<Record<string, unknown>> };

type NamedSets = Pick<EvaluateOptions, 'harmfulPrompts' | 'task' | 'overRefusalPrompts' | 'pairs' | 'plainText'>;
/** The same sets, whose rows may also be in hand. */
type RowSets = { [Name in keyof NamedSets]: Rows | undefined };

/** Every set of rows is optional, and what needs it is then left out; at least one must be given. */
export interface EvaluateModelOptions
  extends WorkOptions, RowSets, Pick<EvaluateOptions, 'maxNewTokens' | 'limit' | 'batchSize' | 'cacheDir'> {
  /** Adapters in the order they are applied; none evaluates the base model. */
  readonly adapters?: readonly AdapterChoice[] | undefined;
  readonly taskOptions?: TaskChoice | undefined;
  /** Who judges the answers to harmful prompts; `ngram` by default. */
  readonly judges?: readonly JudgeChoice[] | undefined;
  /** Environment variables, for judges that need a key; the process's own by default. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
}

export interface EvaluatedModel extends WorkResult {
  readonly scores: Scores;
  /** Every prompt with its answer, and what each judge said or how the task marked it: the lines of generations.jsonl. */
  readonly generations: readonly Readonly<Record<string, unknown>>[];
  readonly record: RunRecord;
}

/**
 * Measures a model, as `pharmacist evaluate` does, to the same bytes.
 * @returns a promise that may be iterated over for progress.
 * @throws {IncompleteError} if a judge could not be asked about some answers. @throws {PharmacistError} for every mistake in rows, options, model or judges.
 */
export function evaluateModel(options: EvaluateModelOptions): Work<EvaluatedModel> {
  return beginWork(async (onProgress) => {
    return await Setting.with(options, onProgress, async (setting) => {
      const { maxNewTokens, limit, batchSize, cacheDir, env = process.env } = options;
      const { scores, record, files } = await evaluate(
        {
          adapters: await adapterFolders(options.adapters ?? [], setting.temporary('adapters')),
          harmfulPrompts: await setting.rowsOrNone(options.harmfulPrompts, 'harmfulPrompts'),
          task: await setting.rowsOrNone(options.task, 'task'),
          taskOptions: taskOptionsOf(options.taskOptions ?? {}, setting.chosen),
          overRefusalPrompts: await setting.rowsOrNone(options.overRefusalPrompts, 'overRefusalPrompts'),
          pairs: await setting.rowsOrNone(options.pairs, 'pairs'),
          plainText: await setting.rowsOrNone(options.plainText, 'plainText'),
          judges: (options.judges ?? [EVALUATE_DEFAULTS.judge]).map((choice) => namedJudge(choice, setting.chosen)),
          maxNewTokens,
          limit,
          batchSize,
          cacheDir,
          env,
          ...setting.stage,
        },
        setting.opened,
      );
      const generations: Readonly<Record<string, unknown>>[] = [];
      // A file without lines has no rows to read.
      if (scores.judges.length > 0 || scores.overRefusal !== undefined || scores.task !== undefined) {
        for await (const { record: fields } of streamRecords(files.generations)) generations.push(fields);
      }
      return { ...setting.common, scores, generations, record };
    });
  });
}

function namedJudge(choice: JudgeChoice, chosen: Chosen): NamedJudge {
  if (typeof choice === 'object' && 'judge' in choice) return { name: chosen.nameOf('judge', choice.judge), options: choice.options };
  return { name: chosen.nameOf('judge', choice) };
}
