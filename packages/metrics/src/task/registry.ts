import { ConfigError, defineRegistry, type Registry } from '@pharmacist/core';
import { agnews } from './agnews.ts';
import { exactMatch } from './exact-match.ts';
import { gsm8k } from './gsm8k.ts';
import { intents } from './intents.ts';
import { sst2 } from './sst2.ts';
import type { Task } from './task.ts';

/** Every task; a new one is one file and one word here. */
export const TASKS = defineRegistry<Task>('task', [sst2, agnews, intents, gsm8k, exactMatch]);

/**
 * A task by its name, with the user's own classes if some are given.
 * @param tasks where it is looked up.
 * @throws {ConfigError} if there is no such task, it has no classes to replace, or the labels are not at least two different names.
 */
export function taskNamed(name: string, labels?: readonly string[], tasks: Registry<Task> = TASKS): Task {
  const task = tasks.get(name);
  if (labels === undefined) return task;
  if (task.withLabels === undefined) {
    const hint = `leave the labels out, or use one of: ${[...tasks]
      .filter(({ withLabels }) => withLabels)
      .map((each) => each.name)
      .join(', ')}`;
    throw new ConfigError(`the task ${name} has no classes, so it takes no labels`, { where: 'task labels', hint });
  }
  return task.withLabels(labels);
}
