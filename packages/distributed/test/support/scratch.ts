import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { Reporter } from '@pharmacist/core';
import type { ExecutorRun } from '../../src/executor.ts';
import type { Task } from '../../src/task.ts';
import type { TaskStatus } from '../../src/task-status.ts';

/** A folder for one test, and what an executor is told. */
export interface Scratch {
  readonly dir: string;
  readonly run: ExecutorRun;
  /** Every change of a task. */
  readonly changes: TaskStatus[];
  /** What the person was told. */
  readonly messages: string[];
  /** Waits until the person was told something with these words. */
  told(words: string): Promise<void>;
  /** A task that runs a few lines of JavaScript; `note(text)` appends a line to the file that `notes` reads, `untilGo()` waits for a file "go". */
  task(id: string, code: string, rest?: Partial<Task>): Task;
  notes(): Promise<string[]>;
  write(name: string, text: string, mode?: number): Promise<string>;
  remove(): Promise<void>;
}

export async function createScratch(): Promise<Scratch> {
  const dir = await mkdtemp(join(tmpdir(), 'pharmacist-tasks-'));
  const notes = join(dir, 'notes');
  const [changes, messages]: [TaskStatus[], string[]] = [[], []];
  const reporter: Reporter = {
    progress: () => undefined,
    warn: (message) => void messages.push(message),
    info: (message) => void messages.push(message),
  };
  const prelude =
    `const note = (text) => require('node:fs').appendFileSync(${JSON.stringify(notes)}, text + '\\n'); ` +
    `const untilGo = () => setInterval(() => require('node:fs').existsSync(${JSON.stringify(join(dir, 'go'))}) && process.exit(), 20); `;
  return {
    dir,
    changes,
    messages,
    run: { key: dir, cwd: dir, dir: join(dir, 'run'), reporter, onChange: (status) => void changes.push(status) },
    task: (id, code, rest = {}) => ({ id, argv: [process.execPath, '-e', prelude + code], cpus: 1, gpus: 0, after: [], ...rest }),
    notes: async () => (await readFile(notes, 'utf8').catch(() => '')).split('\n').slice(0, -1),
    async told(words) {
      while (!messages.some((message) => message.includes(words))) await setTimeout(10);
    },
    async write(name, text, mode = 0o644) {
      await writeFile(join(dir, name), text, { mode });
      return join(dir, name);
    },
    // Processes that were told to end may write a last line.
    remove: async () => await rm(dir, { recursive: true, force: true, maxRetries: 20 }),
  };
}
