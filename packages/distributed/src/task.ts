import { ConfigError } from '@pharmacist/core';

/** One process to be run somewhere. */
export interface Task {
  /** Unique among the tasks of a run; its log has this name, so that slashes make folders. */
  readonly id: string;
  /** Program and arguments, as the machine that runs them knows them. */
  readonly argv: readonly string[];
  /** Processor cores and GPUs that nobody else is given while it works. */
  readonly cpus: number;
  readonly gpus: number;
  /** Tasks, by id, that must have succeeded before it starts. */
  readonly after: readonly string[];
}

/** One part of a task's id, between slashes: it becomes the name of a file. */
const PART = /^[^/\0]+$/u;

/**
 * The tasks in an order in which each comes after all that it waits for; those that are free keep their order.
 * @throws {ConfigError} if an id is no name for a file or is there twice, a task waits for one that is not there or for itself, or has no program.
 */
export function inOrder(tasks: readonly Task[]): Task[] {
  const byId = new Map<string, Task>();
  for (const task of tasks) {
    const parts = task.id.split('/');
    if (!parts.every((part) => PART.test(part) && part !== '.' && part !== '..')) {
      throw new ConfigError('is no name for a task', { where: `"${task.id}"`, hint: 'its log gets this name: take a relative path' });
    }
    if (byId.has(task.id)) throw new ConfigError('two tasks have this id', { where: task.id });
    if (task.argv.length === 0) throw new ConfigError('has no program to run', { where: task.id });
    byId.set(task.id, task);
  }
  const order: Task[] = [];
  const state = new Map<string, 'open' | 'done'>();
  // A chain of tasks may be longer than a stack is deep.
  for (const first of tasks) {
    const path = [{ task: first, next: 0 }];
    while (path.length > 0) {
      const top = path.at(-1)!;
      const { id, after } = top.task;
      if (state.get(id) === 'done') {
        path.pop();
        continue;
      }
      state.set(id, 'open');
      const before = after[top.next++];
      if (before === undefined) {
        state.set(id, 'done');
        order.push(top.task);
        path.pop();
        continue;
      }
      const task = byId.get(before);
      if (task === undefined) throw new ConfigError(`waits for "${before}", which is no task`, { where: id });
      if (state.get(before) === 'open') throw new ConfigError(`waits for itself, by way of "${before}"`, { where: id });
      path.push({ task, next: 0 });
    }
  }
  return order;
}
