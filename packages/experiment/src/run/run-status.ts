import { join, resolve } from 'node:path';
import { ConfigError, holderOfRun, type LockHolder, pathExists, readJson, type RunRecord, runRecordSchema } from '@pharmacist/core';
import { logFileOf } from '@pharmacist/distributed';
import type { RunConfig } from './config-schema.ts';
import { stepGraph } from './step-tasks.ts';
import { type KnownTask, knownTasks } from './task-file.ts';

/** `stopped`: begun, and nobody works on it; the run's command continues it. */
export type WorkState = 'waiting' | 'running' | 'stopped' | 'failed' | 'done';

export interface StepStatus {
  readonly id: string;
  readonly state: WorkState;
  /** Machine that works on it, or did last, where that is known. */
  readonly node?: string | undefined;
  readonly attempts: number;
  /** Over all attempts. */
  readonly seconds: number;
  /** Why it failed. */
  readonly message?: string | undefined;
  /** What its process printed, where it had one of its own. */
  readonly log?: string | undefined;
}

export interface RunStatus {
  readonly out: string;
  readonly command: string;
  readonly state: WorkState;
  /** Process that has the directory, if it is at work as far as can be told from here. */
  readonly holder?: Pick<LockHolder, 'pid' | 'host' | 'lockedAt'> | undefined;
  readonly attempts: number;
  readonly seconds: number;
  /** Seconds by phase. */
  readonly phases: Readonly<Record<string, number>>;
  readonly message?: string | undefined;
  /** Of `run`; empty for every other command. */
  readonly steps: readonly StepStatus[];
}

/**
 * Where a run stands, from its directory alone: here or on a cluster, at work or not. Only reads.
 * @throws {ConfigError} if the folder holds no run. @throws {FileError} if it cannot be read.
 */
export async function runStatus(out: string): Promise<RunStatus> {
  if (!(await pathExists(join(out, 'run.json')))) {
    throw new ConfigError('holds no run', { where: out, hint: 'name the folder that --out named' });
  }
  const { record, state, holder } = await stateOf(out);
  if (record === undefined) throw new ConfigError('is no run record', { where: join(out, 'run.json') });
  const nodes = record.command === 'run' ? stepGraph(record.config as unknown as RunConfig) : [];
  const tasks = await knownTasks(out);
  const steps: StepStatus[] = [];
  for (const { id } of nodes) steps.push(await stepStatus(out, id, tasks.get(id)));
  return {
    out,
    command: record.command,
    state,
    holder: holder && { pid: holder.pid, host: holder.host, lockedAt: holder.lockedAt },
    attempts: record.timing.attempts,
    seconds: record.timing.wallSeconds,
    phases: record.timing.phases,
    message: state === 'failed' ? record.error?.message : undefined,
    steps,
  };
}

async function stepStatus(out: string, id: string, task: KnownTask | undefined): Promise<StepStatus> {
  const { record, state, holder } = await stateOf(join(out, id));
  const log = logFileOf(resolve(out), id);
  // A process may have failed before it opened the step's directory.
  const hasFailed = task?.state === 'failed' && state !== 'done' && state !== 'running';
  return {
    id,
    state: hasFailed ? 'failed' : state,
    node: holder?.host ?? task?.node,
    attempts: Math.max(record?.timing.attempts ?? 0, task?.attempts ?? 0),
    seconds: record?.timing.wallSeconds ?? 0,
    message: hasFailed ? task.message : state === 'failed' ? record?.error?.message : undefined,
    ...((await pathExists(log)) && { log }),
  };
}

async function stateOf(folder: string): Promise<{ record?: RunRecord; state: WorkState; holder?: LockHolder }> {
  const path = join(folder, 'run.json');
  const record = (await pathExists(path)) ? runRecordSchema.safeParse(await readJson(path)).data : undefined;
  if (record?.status === 'done') return { record, state: 'done' };
  const lock = await holderOfRun(folder);
  // On another machine it counts as at work: whoever gives it a dead one's work takes the lock over.
  if (lock !== undefined && lock.isAlive !== false) return { ...(record && { record }), state: 'running', holder: lock.holder };
  if (record === undefined) return { state: 'waiting' };
  const isStopped = record.status === 'running' || record.error?.code === 'E_INTERRUPTED' || record.error?.code === 'E_SUPERSEDED';
  return { record, state: isStopped ? 'stopped' : 'failed' };
}
