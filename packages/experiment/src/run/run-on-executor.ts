import { randomUUID } from 'node:crypto';
import { resolve } from 'node:path';
import { ConfigError, IncompleteError, type Reporter, silentReporter } from '@pharmacist/core';
import { failuresOf, type ParsedExecutor, type Task, type TaskStatus } from '@pharmacist/distributed';
import { ENGINE_NAMES } from '@pharmacist/tensor-kernels';
import type { RunConfig } from './config-schema.ts';
import { findGridFile, type GridFile, writeGridFile } from './grid-file.ts';
import { stepGraph, stepsLeft } from './step-tasks.ts';
import { TaskFile } from '../executor/task-file.ts';

/** Status that a step's process ends with if some of its work could not be done for a reason outside, as a judge that does not answer. */
export const INCOMPLETE_STATUS = 75;
/** Status of a process whose user made a mistake. */
const USER_STATUS = 2;
/** Failed steps that are named. */
const MAX_NAMED = 5;

export interface ExecutorWork {
  readonly out: string;
  readonly config: RunConfig;
  readonly versions: Readonly<Record<string, string>>;
  /** Of the run's attempts, this one. */
  readonly order: number;
  /** Steps may be taken from processes that no executor knows, on machines that are gone. */
  readonly takeOver?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly reporter?: Reporter | undefined;
}

/**
 * Gives every step that is not done to an executor, and comes back when each is done or its judge could not be asked: what is then missing is
 * for the caller.
 * @returns how many steps each machine has done, over all attempts of the run.
 * @throws {ConfigError | IncompleteError} with what failing steps said, once each. @throws {ExecutorError} if the engine cannot be reached.
 */
export async function runOnExecutor(
  { executor, settings }: ParsedExecutor,
  program: readonly string[],
  work: ExecutorWork,
): Promise<Record<string, number>> {
  const { out, config, versions, order, takeOver = false, signal, reporter = silentReporter } = work;
  const left = await stepsLeft(out, stepGraph(config));
  const key = await prepareSteps(out, { config, versions, mixed: settings.mixed });
  const known = await TaskFile.open(out);
  if (left.length === 0) return known.nodes;
  const call = settings.program ?? program;
  const tasks = left.map(({ id, after }): Task => {
    const argv = [...call, 'step', out, id, '--order', String(order), ...(takeOver ? ['--take-over'] : [])];
    return { id, after, argv, cpus: settings.cpus, gpus: settings.gpus };
  });
  try {
    const onChange = (status: TaskStatus) => known.set(status);
    throwFailures(await executor.run(tasks, { key, cwd: process.cwd(), dir: resolve(out), signal, reporter, onChange }));
    return known.nodes;
  } finally {
    await known.close();
  }
}

/** Writes what a process needs to know to make a step of this run. @returns the run's key, which stays the same from attempt to attempt. */
export async function prepareSteps(
  out: string,
  { config, versions, mixed }: Pick<GridFile, 'config' | 'versions' | 'mixed'>,
): Promise<string> {
  const key = (await findGridFile(out))?.key ?? randomUUID();
  await writeGridFile(out, { formatVersion: 1, key, config: withEngine(config, versions['engine']), versions, mixed });
  return key;
}

/** The engine that was taken here, where it can be asked for by name: `auto` might find another one elsewhere. */
function withEngine(config: RunConfig, name: string | undefined): RunConfig {
  const engine = ENGINE_NAMES.find((candidate) => candidate === name);
  return engine === undefined ? config : { ...config, engine };
}

function throwFailures(statuses: readonly TaskStatus[]): void {
  const { groups, numSkipped } = failuresOf(statuses.filter(({ exitStatus }) => exitStatus !== INCOMPLETE_STATUS));
  const [first] = groups;
  if (first === undefined) return;
  const lines = groups.slice(0, MAX_NAMED).map(({ message, tasks }) => {
    const { id, node, log } = tasks[0]!;
    const more = tasks.length > 1 ? ` (and ${tasks.length - 1} more steps, alike)` : '';
    return `  ${id}${more}${node === undefined ? '' : `, on ${node}`}: ${message}\n    log: ${log}`;
  });
  if (groups.length > MAX_NAMED) lines.push(`  and ${groups.length - MAX_NAMED} more`);
  const numFailed = groups.reduce((sum, { tasks }) => sum + tasks.length, 0);
  const skipped = numSkipped > 0 ? `; ${numSkipped} that need ${numFailed === 1 ? 'it' : 'them'} were not begun` : '';
  const what = `${numFailed} ${numFailed === 1 ? 'step' : 'steps'} failed${skipped}\n${lines.join('\n')}`;
  const fields = { hint: 'what is done is kept: see to the cause, and give the same command again' };
  const isMistake = groups.every(({ tasks }) => tasks.every(({ exitStatus }) => exitStatus === USER_STATUS));
  throw isMistake ? new ConfigError(what, fields) : new IncompleteError(what, fields);
}
