import { ConfigError, type Registry } from '@pharmacist/core';
import type { AlignmentRow, FieldMap, RowSource } from '@pharmacist/data-io';
import type { PromptedRow } from '@pharmacist/language-model';
import { type Task, taskNamed } from '@pharmacist/metrics';
import { BUILT_IN, type Catalog } from '../catalog/catalog.ts';
import type { InputFiles } from './input-files.ts';

export interface TaskOptions {
  /** Name of a task form, or `auto`: told from the fields of the first row. */
  readonly form?: string | undefined;
  /** Form of prompt and marking in different reference code; the task's first one if left out. */
  readonly variant?: string | undefined;
  /** Classes of a classification task, if they are not its usual ones; where it has none, they are those of the rows if left out. */
  readonly labels?: readonly string[] | undefined;
}

export interface TaskFile {
  readonly task: Task;
  readonly variant: string;
  /** `prompt` is the row's text and `response` its reference, both without the task's instruction. */
  readonly rows: readonly AlignmentRow[];
}

type SourceFields = Readonly<Record<string, unknown>>;

const TEXT_FIELDS = ['text', 'sentence'];
const CLASS_FIELDS = ['label', 'intent'];

/**
 * Reads rows of a task.
 * @throws {ConfigError} if form, variant or labels do not exist or do not go together. @throws {DataError} for bad rows.
 */
export async function readTask(
  files: InputFiles,
  role: string,
  source: RowSource,
  options: TaskOptions,
  { task: tasks }: Pick<Catalog, 'task'> = BUILT_IN,
): Promise<TaskFile> {
  const { form = 'auto' } = options;
  // A form that is named is checked before a long file is read.
  let chosen = form === 'auto' ? undefined : choose(form, options, tasks);
  // The first record is looked at while the rows are read: standard input comes once.
  const mapOf = (first: SourceFields) => {
    chosen ??= choose(formOf(first, tasks), options, tasks);
    return mapOfTask(first);
  };
  const { rows } = await files.read(role, source, { mapOf });
  const { variant } = chosen!;
  const task = withClassesOf(rows, chosen!.task);
  for (const { response } of rows) task.target(response);
  return { task, variant, rows };
}

/** The task with the classes of its rows, where it has none yet. */
function withClassesOf(rows: readonly AlignmentRow[], task: Task): Task {
  const { labels, classOf, withLabels } = task;
  if (labels !== undefined || classOf === undefined || withLabels === undefined) return task;
  return withLabels([...new Set(rows.map(({ response }) => classOf(response)))].sort());
}

function choose(form: string, { labels, variant }: TaskOptions, tasks: Registry<Task>): Pick<TaskFile, 'task' | 'variant'> {
  const task = taskNamed(form, labels, tasks);
  const chosen = variant ?? task.variants[0]!;
  task.instruction('', chosen);
  return { task, variant: chosen };
}

/** A task row as a training takes it: instruction, text and the answer to learn. */
export function taskTrainingRow({ task, variant }: TaskFile, row: AlignmentRow): PromptedRow {
  return { ...task.instruction(row.prompt, variant), response: task.target(row.response, row.prompt) };
}

function formOf(record: SourceFields, tasks: Registry<Task>): string {
  const label = record['label'];
  if (label !== undefined) {
    const named = typeof label === 'string' ? label.toLowerCase() : undefined;
    const form = [...tasks].find(({ labels }) => labels?.some((known) => known.toLowerCase() === named));
    if (form === undefined) {
      throw new ConfigError(`no task form has the label ${JSON.stringify(label)}`, {
        where: '--task-form',
        hint: 'name the form and your own labels, for instance --task-form agnews --task-labels a,b,c',
      });
    }
    return form.name;
  }
  if (record['intent'] !== undefined) return 'intents';
  const answer = record['answer'];
  return typeof answer === 'string' && answer.includes('####') ? 'gsm8k' : 'exact-match';
}

/** Classification files name their fields otherwise than instruction files do. */
function mapOfTask(record: SourceFields): FieldMap | undefined {
  const text = TEXT_FIELDS.find((field) => typeof record[field] === 'string');
  const named = CLASS_FIELDS.find((field) => record[field] !== undefined);
  return text !== undefined && named !== undefined ? { prompt: text, response: named } : undefined;
}
