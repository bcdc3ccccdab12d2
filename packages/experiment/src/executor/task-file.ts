import { join } from 'node:path';
import { pathExists, readJson, writeJsonAtomic } from '@pharmacist/core';
import type { TaskStatus } from '@pharmacist/distributed';
import { z } from 'zod';

/** How long a change may wait to be written: thousands of tasks may end in a second. */
const DELAY_MS = 1000;

const taskSchema = z.object({
  id: z.string(),
  state: z.enum(['waiting', 'running', 'done', 'failed', 'skipped']),
  node: z.string().optional(),
  attempts: z.int(),
  message: z.string().optional(),
});

/** What an executor last said of a task. */
export type KnownTask = z.output<typeof taskSchema>;

function pathOf(out: string): string {
  return join(out, '.state', 'tasks.json');
}

/** Keeps what an executor says of its tasks where `pharmacist status` finds it. */
export class TaskFile {
  readonly #out: string;
  readonly #tasks: Map<string, KnownTask>;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();

  private constructor(out: string, tasks: Map<string, KnownTask>) {
    this.#out = out;
    this.#tasks = tasks;
  }

  /** With what was said of earlier tasks of the same run. */
  static async open(out: string): Promise<TaskFile> {
    return new TaskFile(out, await knownTasks(out));
  }

  /** How many tasks each machine has done. */
  get nodes(): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const { state, node } of this.#tasks.values()) if (state === 'done' && node !== undefined) counts[node] = (counts[node] ?? 0) + 1;
    return counts;
  }

  set({ id, state, node, attempts, message }: TaskStatus): void {
    this.#tasks.set(id, { id, state, node, attempts, message });
    this.#timer ??= setTimeout(() => this.#write(), DELAY_MS);
  }

  /** Writes what is not written yet. It is for display: if that fails, nothing is lost. */
  async close(): Promise<void> {
    if (this.#timer !== undefined) this.#write();
    await this.#writing;
  }

  #write(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const tasks = [...this.#tasks.values()];
    this.#writing = this.#writing.then(async () => await writeJsonAtomic(pathOf(this.#out), tasks)).catch(() => undefined);
  }
}

/** By id; none if no executor has said anything. */
export async function knownTasks(out: string): Promise<Map<string, KnownTask>> {
  const path = pathOf(out);
  if (!(await pathExists(path))) return new Map();
  const tasks = z.array(taskSchema).safeParse(await readJson(path)).data ?? [];
  return new Map(tasks.map((task) => [task.id, task]));
}
