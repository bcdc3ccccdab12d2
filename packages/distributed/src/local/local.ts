import { availableParallelism, hostname } from 'node:os';
import { ConfigError, InterruptedError } from '@pharmacist/core';
import { z } from 'zod';
import { defineExecutor } from '../define-executor.ts';
import { type CommonSettings, commonSettings, type Executor, type ExecutorRun, type NodeAnswer } from '../executor.ts';
import { lastWords } from '../log-files.ts';
import { inOrder, type Task } from '../task.ts';
import { TaskBoard } from '../task-board.ts';
import type { TaskStatus } from '../task-status.ts';
import { FreeResources } from './free-resources.ts';
import { outputOf, type ProcessEnd, TaskProcess } from './task-process.ts';

/** Processes on this machine, as many at once as its cores allow. */
export const local = defineExecutor({
  name: 'local',
  summary: 'processes on this machine',
  settings: z.strictObject({
    ...commonSettings,
    /** GPUs that tasks may be given, counted from 0. */
    totalGpus: z.int().min(0).default(0),
    /** Cores that all tasks together may be given; those of this machine if left out. */
    totalCpus: z.int().min(1).optional(),
  }),
  create: (settings, { env }) => new LocalExecutor(settings, env),
});

interface LocalSettings extends CommonSettings {
  readonly totalGpus: number;
  readonly totalCpus?: number | undefined;
}

class LocalExecutor implements Executor {
  readonly name = 'local';
  readonly #settings: LocalSettings;
  readonly #env: Readonly<Record<string, string | undefined>>;

  constructor(settings: LocalSettings, env: Readonly<Record<string, string | undefined>>) {
    this.#settings = settings;
    this.#env = env;
  }

  async run(tasks: readonly Task[], run: ExecutorRun): Promise<TaskStatus[]> {
    const order = inOrder(tasks);
    const free = this.#resources();
    for (const { id, cpus, gpus } of order) {
      if (free.everHas({ cpus, gpus })) continue;
      throw new ConfigError(`needs ${cpus} cores and ${gpus} GPUs, more than the local executor has`, {
        where: id,
        hint: 'lower cpus or gpus, or raise totalCpus or totalGpus, with --executor-set',
      });
    }
    const board = new TaskBoard(order, run);
    board.report();
    await new LocalRun(order, board, free, { ...run, env: this.#env, retries: this.#settings.retries }).finish();
    return board.statuses;
  }

  async probe(argv: readonly string[], { cwd }: ExecutorRun): Promise<NodeAnswer[]> {
    const { totalGpus } = this.#settings;
    const { exitStatus, output, errors } = await outputOf(argv, { cwd, env: this.#env });
    const said = exitStatus === 0 ? output : errors;
    return [{ node: hostname(), cpus: availableParallelism(), gpus: totalGpus, exitStatus, output: said }];
  }

  #resources(): FreeResources {
    const { totalCpus = availableParallelism(), totalGpus, parallel = Infinity } = this.#settings;
    return new FreeResources({ cpus: totalCpus, numGpus: totalGpus, parallel });
  }
}

interface LocalRunOptions extends Pick<ExecutorRun, 'cwd' | 'signal'> {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly retries: number;
}

/** One run's tasks: starts whatever is free and fits, until nothing is left. */
class LocalRun {
  readonly #waiting: Task[];
  readonly #active = new Set<TaskProcess>();
  readonly #board: TaskBoard;
  readonly #free: FreeResources;
  readonly #options: LocalRunOptions;
  #end: { resolve: () => void; reject: (error: unknown) => void } | undefined;
  /** Why nothing more is started: an interrupt, or a task that could not be followed. */
  #stopped: { readonly reason: unknown } | undefined;

  constructor(tasks: readonly Task[], board: TaskBoard, free: FreeResources, options: LocalRunOptions) {
    this.#waiting = [...tasks];
    this.#board = board;
    this.#free = free;
    this.#options = options;
  }

  /** @throws {InterruptedError} if the signal is aborted. @throws {FileError} if a log cannot be written; then nothing is at work any more. */
  async finish(): Promise<void> {
    const { signal } = this.#options;
    const onAbort = () => this.#stop(new InterruptedError());
    signal?.addEventListener('abort', onAbort);
    try {
      await new Promise<void>((resolve, reject) => {
        this.#end = { resolve, reject };
        if (signal?.aborted === true) onAbort();
        else this.#step();
      });
    } finally {
      signal?.removeEventListener('abort', onAbort);
    }
  }

  /** Asks what is at work to end; the first reason is the one that is told. */
  #stop(reason: unknown): void {
    this.#stopped ??= { reason };
    for (const process of this.#active) process.stop();
    this.#step();
  }

  #step(): void {
    if (this.#stopped === undefined) this.#startWhatFits();
    if (this.#active.size > 0) return;
    if (this.#stopped !== undefined) this.#end!.reject(this.#stopped.reason);
    else this.#end!.resolve();
  }

  #startWhatFits(): void {
    for (let i = 0; i < this.#waiting.length;) {
      const task = this.#waiting[i]!;
      if (this.#board.status(task.id).state === 'skipped') {
        this.#waiting.splice(i, 1);
        continue;
      }
      const taken = this.#board.isFree(task) ? this.#free.take(task) : undefined;
      if (taken === undefined) {
        i++;
        continue;
      }
      this.#waiting.splice(i, 1);
      void this.#work(task, taken.gpus).then(
        () => {
          this.#free.giveBack(taken);
          this.#step();
        },
        (error: unknown) => this.#stop(error),
      );
    }
  }

  async #work(task: Task, gpus: readonly number[]): Promise<void> {
    const { cwd, env, retries } = this.#options;
    const { id } = task;
    const { log } = this.#board.status(id);
    for (let attempt = 1; ; attempt++) {
      const started = performance.now();
      this.#board.set(id, { state: 'running', node: hostname(), attempts: attempt });
      const visible = gpus.length > 0 ? { CUDA_VISIBLE_DEVICES: gpus.join(',') } : {};
      const process = new TaskProcess(task.argv, { cwd, log, env: { ...env, ...visible } });
      // At work until the board knows how it ended: the run must not end before that.
      this.#active.add(process);
      try {
        const end = await process.end;
        const seconds = (performance.now() - started) / 1000;
        if (isLost(end) && attempt <= retries && this.#stopped === undefined) continue;
        if (end.exitStatus === 0) this.#board.set(id, { state: 'done', seconds, exitStatus: 0 });
        else this.#board.set(id, { state: 'failed', seconds, exitStatus: end.exitStatus, message: await messageOf(end, log) });
        return;
      } finally {
        this.#active.delete(process);
      }
    }
  }
}

/** Ended from outside, as by the kernel for want of memory: what a lost machine is among several. */
function isLost({ signal }: ProcessEnd): boolean {
  return signal === 'SIGKILL';
}

async function messageOf({ exitStatus, signal, problem, logStart }: ProcessEnd, log: string): Promise<string> {
  if (problem !== undefined) return problem;
  const said = await lastWords(log, logStart);
  if (signal !== null) return `was ended by ${signal}${said === '' ? '' : ` after: ${said}`}`;
  return said === '' ? `ended with status ${exitStatus} and said nothing` : said;
}
