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
  readonly #tasks = new Map<string, TaskStatus>();
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(out: string) {
    this.#out = out;
  }

  set(status: TaskStatus): void {
    this.#tasks.set(status.id, status);
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
    const tasks = [...this.#tasks.values()].map(({ id, state, node, attempts, message }) => ({ id, state, node, attempts, message }));
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
