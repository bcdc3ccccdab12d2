import { type Reporter, silentReporter } from '@pharmacist/core';
import { logFileOf } from './log-files.ts';
import type { Task } from './task.ts';
import { isOver, type TaskState, type TaskStatus } from './task-status.ts';

export interface BoardOptions {
  /** Folder that the logs are in. */
  readonly dir: string;
  readonly reporter?: Reporter | undefined;
  readonly onChange?: ((status: TaskStatus) => void) | undefined;
}

/** What became known of a task. */
type Change = Partial<Omit<TaskStatus, 'id' | 'log'>>;

/** Where every task of a run stands, and the one progress view over all of them. */
export class TaskBoard {
  readonly #tasks: readonly Task[];
  readonly #statuses = new Map<string, TaskStatus>();
  /** Tasks by what they wait for. */
  readonly #followers = new Map<string, Task[]>();
  readonly #counts: Record<TaskState, number> = { waiting: 0, running: 0, done: 0, failed: 0, skipped: 0 };
  /** At work, and how often tasks were started again: a report must not cost more the more tasks there are. */
  readonly #active = new Map<string, string | undefined>();
  #retries = 0;
  readonly #reporter: Reporter;
  readonly #onChange: (status: TaskStatus) => void;

  /** @param tasks in an order in which each comes after all that it waits for. */
  constructor(tasks: readonly Task[], { dir, reporter = silentReporter, onChange = () => undefined }: BoardOptions) {
    this.#tasks = tasks;
    this.#reporter = reporter;
    this.#onChange = onChange;
    this.#counts.waiting = tasks.length;
    for (const { id } of tasks) {
      const unknown = { node: undefined, seconds: undefined, exitStatus: undefined, message: undefined };
      this.#statuses.set(id, { id, state: 'waiting', attempts: 0, log: logFileOf(dir, id), ...unknown });
    }
    for (const task of tasks) {
      for (const id of task.after) {
        const followers = this.#followers.get(id) ?? [];
        followers.push(task);
        this.#followers.set(id, followers);
      }
    }
  }

  /** Every task's status, in their order. */
  get statuses(): TaskStatus[] {
    return [...this.#statuses.values()];
  }

  get isOver(): boolean {
    return this.#counts.waiting + this.#counts.running === 0;
  }

  status(id: string): TaskStatus {
    return this.#statuses.get(id)!;
  }

  has(id: string): boolean {
    return this.#statuses.has(id);
  }

  /** Whether all that the task waits for has succeeded. */
  isFree({ after }: Task): boolean {
    return after.every((id) => this.status(id).state === 'done');
  }

  /** Takes over what became known of a task. Those that wait for a task that failed are skipped. What is over stays so. */
  set(id: string, change: Change): void {
    if (!this.#enter(id, change)) return;
    const { state } = this.status(id);
    // A list and no calls within calls: a chain of tasks may be longer than a stack is deep.
    const unsuccessful = state === 'failed' || state === 'skipped' ? [id] : [];
    for (let i = 0; i < unsuccessful.length; i++) {
      const before = unsuccessful[i]!;
      for (const follower of this.#followers.get(before) ?? []) {
        if (this.#enter(follower.id, { state: 'skipped', message: `"${before}" did not succeed` })) unsuccessful.push(follower.id);
      }
    }
    this.report();
  }

  /** @returns false if the task was over, or nothing is new. */
  #enter(id: string, change: Change): boolean {
    const before = this.status(id);
    if (isOver(before)) return false;
    const after = { ...before, ...change };
    if (Object.entries(change).every(([key, value]) => before[key as keyof TaskStatus] === value)) return false;
    this.#statuses.set(id, after);
    this.#counts[before.state]--;
    this.#counts[after.state]++;
    if (after.state === 'running') this.#active.set(id, after.node);
    else this.#active.delete(id);
    this.#retries += Math.max(0, after.attempts - 1) - Math.max(0, before.attempts - 1);
    if (after.attempts > Math.max(1, before.attempts)) this.#reporter.warn(`${id}: its machine was lost; attempt ${after.attempts}`);
    this.#onChange(after);
    return true;
  }

  /** One event of progress over all tasks. */
  report(): void {
    const { waiting, running, done, failed, skipped } = this.#counts;
    const nodes = new Set([...this.#active.values()].filter((node) => node !== undefined)).size;
    const [first] = this.#active.keys();
    this.#reporter.progress({
      phase: `${this.#tasks.length} tasks`,
      done,
      total: this.#tasks.length,
      unit: 'tasks',
      facts: {
        running,
        waiting,
        ...(nodes > 0 && { nodes }),
        ...(failed + skipped > 0 && { failed: failed + skipped }),
        ...(this.#retries > 0 && { retries: this.#retries }),
        ...(first !== undefined && { now: first }),
      },
    });
  }
}
