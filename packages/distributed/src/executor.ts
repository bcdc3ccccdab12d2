import type { Reporter, Versioned } from '@pharmacist/core';
import { z } from 'zod';
import type { Task } from './task.ts';
import type { TaskStatus } from './task-status.ts';

/** What a run of tasks is told beside them. */
export interface ExecutorRun {
  /**
   * Tells this run from every other that uses the same engine, and stays the same when the same work is started again: what is still at
   * work there is then followed, and not begun a second time.
   */
  readonly key: string;
  /** Folder that every task starts in; every machine sees it under this absolute path. */
  readonly cwd: string;
  /** Folder for logs and for what the executor keeps; every machine sees it under this absolute path. */
  readonly dir: string;
  /** Aborted: tasks at work are cancelled, and `run` rejects with an InterruptedError. */
  readonly signal?: AbortSignal | undefined;
  /** Hears one progress over all tasks. */
  readonly reporter?: Reporter | undefined;
  /** Hears of every change of a task. */
  readonly onChange?: ((status: TaskStatus) => void) | undefined;
}

/** What one machine answered. */
export interface NodeAnswer {
  readonly node: string;
  /** As the engine counts them. */
  readonly cpus: number;
  readonly gpus: number;
  /** Of the process; undefined if none could be started there. */
  readonly exitStatus: number | undefined;
  /** The last of what it printed on standard output, or why there is nothing. */
  readonly output: string;
}

/** Runs processes somewhere. It schedules nothing itself that an engine does better. */
export interface Executor {
  readonly name: string;
  /**
   * Runs every task once those before it have succeeded. A task that fails ends nothing but those that wait for it. One whose machine was
   * lost is started again, at most `retries` times.
   * @returns every task's last status, in an order in which each comes after all that it waits for; none is `waiting` or `running`.
   * @throws {ConfigError} for tasks that cannot be, or that need more than there is. @throws {ExecutorError} if the engine cannot be
   * reached or refuses. @throws {InterruptedError} if the signal was aborted.
   */
  run(tasks: readonly Task[], run: ExecutorRun): Promise<TaskStatus[]>;
  /** Runs one process on each machine that the engine has. @throws {ExecutorError} if the engine cannot be reached. */
  probe(argv: readonly string[], run: ExecutorRun): Promise<NodeAnswer[]>;
  /** What is not as it should be with the engine itself. */
  readonly warnings?: (() => Promise<string[]>) | undefined;
}

/** What every executor is told. */
export const commonSettings = {
  /** Most tasks at work at once. */
  parallel: z.int().min(1).optional(),
  /** Processor cores and GPUs of one task. */
  cpus: z.int().min(1).default(1),
  gpus: z.int().min(0).default(0),
  /** Batches of one part of a pass that is divided; `auto` goes by `parallel`. */
  shard: z.union([z.literal('auto'), z.int().min(1)], { error: 'expected a number of batches, or auto' }).default('auto'),
  /** Where the files of passes that are divided lie, if not in the run's folder: a prefix in an object store. */
  store: z
    .string()
    .regex(/^s3:\/\/[^/]+(?:\/.*)?$/u, { error: 'expected s3://<bucket>/<prefix>' })
    .optional(),
  /** How often a task may be started again since its machine was lost. */
  retries: z.int().min(0).default(5),
  /** Lets machines of different kinds work on one run: the last bits of results may then depend on who did what. */
  mixed: z.boolean().default(false),
  /** How `pharmacist` is called on the machines that work, a path or words; as it was called here if left out. */
  program: z
    .union([
      z
        .string()
        .min(1)
        .transform((path) => [path]),
      z.array(z.string()).min(1),
    ])
    .optional(),
} as const;

export type CommonSettings = z.output<z.ZodObject<typeof commonSettings>>;

/** What an executor may ask of its surroundings. */
export interface ExecutorContext {
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** What an executor says and does, as it is written; `defineExecutor` makes an `ExecutorMaker` of it. */
export interface ExecutorDefinition<S extends CommonSettings = CommonSettings> extends Versioned {
  readonly kind?: 'executor' | undefined;
  readonly name: string;
  /** One line for a list of executors. */
  readonly summary?: string | undefined;
  /** Schema of the settings, `commonSettings` among them; these alone if left out. */
  readonly settings?: z.ZodType<S> | undefined;
  /** What is made goes by the definition's name. @throws {ConfigError} if the surroundings lack something. */
  create(settings: S, context: ExecutorContext): Omit<Executor, 'name'>;
}

/** An executor that is held to its contract, as what it makes is. */
export interface ExecutorMaker {
  readonly kind: 'executor';
  readonly name: string;
  readonly summary: string;
  readonly settings: z.ZodType<CommonSettings>;
  /** @throws {ConfigError} if the surroundings lack something. @throws {ContractError} if what is made is no executor. */
  create(settings: CommonSettings, context: ExecutorContext): Executor;
}
