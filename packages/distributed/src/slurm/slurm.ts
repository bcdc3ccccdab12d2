import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { InterruptedError, pathExists, readJson, sha256, silentReporter, writeFileAtomic, writeJsonAtomic } from '@pharmacist/core';
import { z } from 'zod';
import { defineExecutor } from '../define-executor.ts';
import { type CommonSettings, commonSettings, type Executor, type ExecutorRun, type NodeAnswer } from '../executor.ts';
import { lastWords } from '../log-files.ts';
import { pause } from '../pause.ts';
import { inOrder, type Task } from '../task.ts';
import { TaskBoard } from '../task-board.ts';
import { isOver, type TaskStatus } from '../task-status.ts';
import { arrayScript, statusFileOf } from './array-script.ts';
import { type QueuedElement, SlurmCommands } from './slurm-commands.ts';
import { taskArrays } from './task-arrays.ts';

/** A Slurm cluster, by its commands. */
export const slurm = defineExecutor({
  name: 'slurm',
  summary: 'a Slurm cluster, by sbatch, squeue and scancel',
  settings: z.strictObject({
    ...commonSettings,
    partition: z.string().min(1).optional(),
    account: z.string().min(1).optional(),
    /** Longest time of a task, as Slurm writes it: `04:00:00`. */
    time: z.string().min(1).optional(),
    /** Memory of a task, as Slurm writes it: `16G`. */
    memory: z.union([z.string().min(1), z.int().min(1).transform(String)]).optional(),
    /** Further words for sbatch, for instance `["--constraint=h100"]`. */
    options: z.array(z.string()).default([]),
    /** Seconds between two looks at the queue. */
    poll: z.number().min(0.1).default(3),
    /** Seconds from Ctrl-C to the end of the jobs, in which a second one leaves them at work. */
    grace: z.number().min(0).default(3),
  }),
  create: (settings, { env }) => new SlurmExecutor(settings, new SlurmCommands(env)),
});

type SlurmSettings = CommonSettings & {
  readonly partition?: string | undefined;
  readonly account?: string | undefined;
  readonly time?: string | undefined;
  readonly memory?: string | undefined;
  readonly options: readonly string[];
  readonly poll: number;
  readonly grace: number;
};

/** Looks at the queue in which a task may be missing before it counts as gone: its status file may be seen late over a network. */
const LOOKS_UNTIL_GONE = 5;

/** Looks for which one waits that is ending: Slurm kills it itself after half a minute. */
const LOOKS_UNTIL_ENDED = 20;

class SlurmExecutor implements Executor {
  readonly name = 'slurm';
  readonly #settings: SlurmSettings;
  readonly #commands: SlurmCommands;

  constructor(settings: SlurmSettings, commands: SlurmCommands) {
    this.#settings = settings;
    this.#commands = commands;
  }

  async run(tasks: readonly Task[], run: ExecutorRun): Promise<TaskStatus[]> {
    const { reporter = silentReporter, signal } = run;
    const order = inOrder(tasks);
    const board = new TaskBoard(order, run);
    board.report();
    if (order.length === 0) return [];
    const elements = await this.#elementsAtWork(run);
    const left = order.filter(({ id }) => !elements.has(id));
    if (left.length < order.length) reporter.info(`${order.length - left.length} tasks are in the queue already, and are followed`);
    await this.#submit(left, elements, run);
    if (left.length > 0) reporter.info(`jobs ${jobsOf(elements).join(', ')} are in the queue`);
    await this.#follow(order, elements, { board, run });
    if (signal?.aborted === true) {
      const { grace } = this.#settings;
      reporter.warn(`the jobs are cancelled in ${grace} s; Ctrl-C again leaves them in the queue`);
      await pause(grace);
      await this.#commands.scancel(jobsOf(elements));
      throw new InterruptedError();
    }
    return board.statuses;
  }

  async probe(argv: readonly string[], run: ExecutorRun): Promise<NodeAnswer[]> {
    const nodes = await this.#commands.nodes(this.#settings.partition);
    const usable = nodes.filter(({ state }) => !/down|drain|fail|maint|unk/u.test(state));
    const answers = usable.map(async ({ name, cpus, gpus }): Promise<NodeAnswer> => {
      const dir = join(run.dir, 'nodes', name);
      const task: Task = { id: 'probe', argv, cpus: 1, gpus: 0, after: [] };
      const own = new SlurmExecutor({ ...this.#settings, options: [...this.#settings.options, `--nodelist=${name}`] }, this.#commands);
      const [status] = await own.run([task], { key: `${run.key}/${name}`, cwd: run.cwd, dir, signal: run.signal });
      const output = status!.state === 'done' ? await readFile(status!.log, 'utf8') : (status!.message ?? '');
      return { node: name, cpus, gpus, exitStatus: status!.exitStatus, output };
    });
    const absent = nodes
      .filter((node) => !usable.includes(node))
      .map(({ name, cpus, gpus, state }): NodeAnswer => {
        return { node: name, cpus, gpus, exitStatus: undefined, output: `is ${state}` };
      });
    return [...(await Promise.all(answers)), ...absent];
  }

  /**
   * Tasks that an earlier call has put into the queue and that are still there, with the element of theirs. One that was cancelled and is still ending is waited
   * for: followed, it would leave without a word, and begun again beside itself it would find its lock taken.
   */
  async #elementsAtWork(run: ExecutorRun): Promise<Map<string, string>> {
    for (let looks = 1; ; looks++) {
      const { found, numEnding } = await this.#ownElements(run);
      if (numEnding === 0 || looks === LOOKS_UNTIL_ENDED || run.signal?.aborted === true) return found;
      await pause(this.#settings.poll, run.signal);
    }
  }

  async #ownElements({ key, dir }: ExecutorRun): Promise<{ found: Map<string, string>; numEnding: number }> {
    const found = new Map<string, string>();
    let numEnding = 0;
    const stem = `${stemOf(key)}-`;
    for (const { id, name, state } of await this.#commands.squeue()) {
      const list = join(dir, 'slurm', `${name}.json`);
      if (!name.startsWith(stem) || !(await pathExists(list))) continue;
      const [, index] = id.split('_');
      const task = ((await readJson(list)) as string[])[Number(index)];
      if (task === undefined) continue;
      if (state === 'COMPLETING' && (await endOf(dir, task)) === undefined) numEnding++;
      else found.set(task, id);
    }
    return { found, numEnding };
  }

  async #submit(tasks: readonly Task[], elements: Map<string, string>, { key, cwd, dir }: ExecutorRun): Promise<void> {
    const { retries, parallel, partition, account, time, memory, options } = this.#settings;
    for (const array of taskArrays(tasks)) {
      for (const { id } of array.tasks) await rm(statusFileOf(dir, id), { force: true });
      const script = arrayScript(array.tasks, { cwd, dir, retries });
      // Which task an element is must be known before there is one: who comes after a crash reads it here.
      const name = `${stemOf(key)}-${sha256(script).slice(0, 8)}`;
      const folder = join(dir, 'slurm');
      await writeJsonAtomic(
        join(folder, `${name}.json`),
        array.tasks.map(({ id }) => id),
      );
      await writeFileAtomic(join(folder, `${name}.sh`), script);
      const words = [
        `--job-name=${name}`,
        `--array=0-${array.tasks.length - 1}${parallel === undefined ? '' : `%${parallel}`}`,
        '--requeue',
        '--open-mode=append',
        `--output=${join(folder, `${name}.out`)}`,
        `--chdir=${cwd}`,
        '--ntasks=1',
        `--cpus-per-task=${array.cpus}`,
        ...(array.gpus > 0 ? [`--gres=gpu:${array.gpus}`] : []),
        ...(array.after.length > 0 ? [`--dependency=afterok:${array.after.map((id) => elements.get(id)!).join(':')}`] : []),
        ...(array.after.length > 0 ? ['--kill-on-invalid-dep=yes'] : []),
        ...(partition === undefined ? [] : [`--partition=${partition}`]),
        ...(account === undefined ? [] : [`--account=${account}`]),
        ...(time === undefined ? [] : [`--time=${time}`]),
        ...(memory === undefined ? [] : [`--mem=${memory}`]),
        ...options,
      ];
      const job = await this.#commands.sbatch(words, script);
      array.tasks.forEach(({ id }, i) => elements.set(id, `${job}_${i}`));
    }
  }

  async #follow(
    tasks: readonly Task[],
    elements: ReadonlyMap<string, string>,
    { board, run: { dir, signal } }: { board: TaskBoard; run: ExecutorRun },
  ): Promise<void> {
    const numMissing = new Map<string, number>();
    for (;;) {
      const queue = new Map((await this.#commands.squeue()).map((element) => [element.id, element]));
      for (const { id } of tasks) {
        if (isOver(board.status(id))) continue;
        const element = queue.get(elements.get(id)!);
        // Thousands of files need not be looked for while the queue says that their tasks wait or work.
        const mayHaveEnded = element === undefined || element.state === 'COMPLETING';
        const ended = mayHaveEnded ? await endOf(dir, id) : undefined;
        // Put back into the queue after its machine was lost: what the file says is of the attempt before.
        if (ended !== undefined) {
          await this.#finish(id, ended, board);
        } else if (element !== undefined) {
          numMissing.delete(id);
          if (isAtWork(element)) board.set(id, { state: 'running', node: element.node, attempts: Math.max(1, board.status(id).attempts) });
        } else {
          const looks = (numMissing.get(id) ?? 0) + 1;
          numMissing.set(id, looks);
          if (looks < LOOKS_UNTIL_GONE) continue;
          const state = await this.#commands.stateOf(elements.get(id)!);
          const what = state === undefined ? 'left the queue without a word' : `ended as ${state}`;
          board.set(id, { state: 'failed', message: `${what} (job ${elements.get(id)!}): ${await lastWords(board.status(id).log)}` });
        }
      }
      if (board.isOver || signal?.aborted === true) return;
      await pause(this.#settings.poll, signal);
    }
  }

  async #finish(id: string, { exitStatus, node, restarts, seconds, logStart }: TaskEnd, board: TaskBoard): Promise<void> {
    const common = { node, attempts: restarts + 1, seconds, exitStatus };
    if (exitStatus === 0) board.set(id, { ...common, state: 'done' });
    else {
      const said = await lastWords(board.status(id).log, logStart);
      board.set(id, { ...common, state: 'failed', message: said === '' ? `ended with status ${exitStatus} and said nothing` : said });
    }
  }
}

interface TaskEnd {
  readonly exitStatus: number;
  readonly node: string;
  readonly restarts: number;
  readonly seconds: number;
  readonly logStart: number;
}

async function endOf(dir: string, id: string): Promise<TaskEnd | undefined> {
  const path = statusFileOf(dir, id);
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const [exitStatus, node, restarts, seconds, logStart] = text.trim().split(' ');
  return {
    exitStatus: Number(exitStatus),
    node: node!,
    restarts: Number(restarts),
    seconds: Number(seconds),
    logStart: Number(logStart),
  };
}

function isAtWork({ state }: QueuedElement): boolean {
  return state === 'RUNNING' || state === 'COMPLETING' || state === 'STAGE_OUT';
}

function stemOf(key: string): string {
  return `pharmacist-${sha256(key).slice(0, 8)}`;
}

function jobsOf(elements: ReadonlyMap<string, string>): string[] {
  return [...new Set([...elements.values()].map((id) => id.split('_')[0]!))];
}
