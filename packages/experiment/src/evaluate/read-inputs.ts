import { ConfigError, DataError, type RunInput } from '@pharmacist/core';
import { type AlignmentRow, labelOfAll, type RowSource } from '@pharmacist/data-io';
import { InputFiles } from '../inputs/input-files.ts';
import { readTask, type TaskFile } from '../inputs/task-file.ts';
import type { EvaluateOptions } from './options.ts';

/** A held-out prompt with both answers. */
export interface Pair {
  readonly prompt: string;
  readonly safe: string;
  readonly harmful: string;
  readonly stratum: string;
}

export interface EvaluateInputs {
  readonly harmfulPrompts: readonly AlignmentRow[] | undefined;
  readonly task: TaskFile | undefined;
  readonly overRefusalPrompts: readonly AlignmentRow[] | undefined;
  readonly pairs: readonly Pair[] | undefined;
  readonly plainText: readonly string[] | undefined;
  readonly records: readonly RunInput[];
}

/** Where the rows are, and how they are read. */
export type EvaluateFiles = Pick<
  EvaluateOptions,
  | 'harmfulPrompts'
  | 'task'
  | 'taskOptions'
  | 'overRefusalPrompts'
  | 'pairs'
  | 'plainText'
  | 'limit'
  | 'catalog'
  | 'map'
  | 'split'
  | 'subset'
  | 'isRowsChecked'
  | 'skipInvalid'
  | 'stdin'
  | 'inMemory'
  | 'signal'
  | 'reporter'
>;

/**
 * Reads what there is to evaluate on.
 * @throws {ConfigError} if no file is given or one has fewer rows than asked for. @throws {DataError} for bad rows.
 */
export async function readEvaluateInputs(options: EvaluateFiles): Promise<EvaluateInputs> {
  const { harmfulPrompts, task, overRefusalPrompts, pairs, plainText, limit } = options;
  if ([harmfulPrompts, task, overRefusalPrompts, pairs, plainText].every((source) => source === undefined)) {
    throw new ConfigError('nothing to evaluate on', {
      where: 'evaluate',
      hint: 'give at least one of --harmful-prompts, --task, --overrefusal-prompts, --pairs and --plain-text',
    });
  }
  const files = new InputFiles([harmfulPrompts, task, overRefusalPrompts, pairs, plainText], options);
  const first = <T>(rows: readonly T[], source: RowSource): readonly T[] => {
    if (limit === undefined) return rows;
    if (rows.length < limit) {
      throw new ConfigError(`${limit} rows are asked for, ${labelOfAll(source)} has ${rows.length}`, {
        where: '--limit',
        hint: 'ask for fewer',
      });
    }
    return rows.slice(0, limit);
  };
  const prompts = async (role: string, source: RowSource | undefined) =>
    source === undefined ? undefined : first((await files.read(role, source, { requireResponse: false })).rows, source);
  const readTaskFile = async (source: RowSource): Promise<TaskFile> => {
    const file = await readTask(files, 'task', source, options.taskOptions ?? {}, options.catalog);
    return { ...file, rows: first(file.rows, source) };
  };
  return {
    harmfulPrompts: await prompts('harmfulPrompts', harmfulPrompts),
    task: task === undefined ? undefined : await readTaskFile(task),
    overRefusalPrompts: await prompts('overRefusalPrompts', overRefusalPrompts),
    pairs: pairs === undefined ? undefined : first(await readPairs(files, pairs), pairs),
    plainText: plainText === undefined ? undefined : first(await readTexts(files, plainText), plainText),
    records: files.records,
  };
}

const PAIR_HINT = 'a pair needs the fields prompt, safe and harmful, and if you like a stratum, all of them texts';

async function readPairs(files: InputFiles, source: RowSource): Promise<Pair[]> {
  const { rows } = await files.read('pairs', source, { map: { prompt: 'prompt', response: 'safe' }, mapHint: PAIR_HINT });
  return rows.map(({ prompt, response, fields, position }) => {
    const { harmful, stratum = 'all' } = fields;
    if (typeof harmful !== 'string' || harmful.trim() === '' || typeof stratum !== 'string') {
      throw new DataError('a pair needs a harmful answer beside its safe one', {
        where: `${position.source}:${position.line}`,
        hint: PAIR_HINT,
      });
    }
    return { prompt, safe: response, harmful, stratum };
  });
}

async function readTexts(files: InputFiles, source: RowSource): Promise<string[]> {
  const { rows } = await files.read('plainText', source, {
    map: { prompt: 'text' },
    mapHint: 'plain text needs a field text',
    requireResponse: false,
  });
  return rows.map(({ prompt }) => prompt);
}
