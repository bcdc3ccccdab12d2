import { join, resolve } from 'node:path';
import { ConfigError, holderOfRun, type LockHolder, pathExists, readJson, type RunRecord, runRecordSchema } from '@pharmacist/core';
import { logFileOf } from '@pharmacist/distributed';
import { z } from 'zod';
import type { RunConfig } from './config-schema.ts';
import { stepGraph } from './step-tasks.ts';
import { type KnownTask, knownTasks } from '../executor/task-file.ts';

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

/** What one machine has of the run's steps. */
export interface NodeStatus {
  readonly node: string;
  readonly running: number;
  readonly done: number;
  readonly failed: number;
}

export interface RunStatus {
  readonly out: string;
  readonly command: string;
  readonly state: WorkState;
  /** Process that has the directory, if it is at work as far as can be told from here; `isSeen` if that can be told, on this machine. */
  readonly holder?: (Pick<LockHolder, 'pid' | 'host' | 'lockedAt'> & { readonly isSeen: boolean }) | undefined;
  readonly attempts: number;
  readonly seconds: number;
  /** Seconds by phase. */
  readonly phases: Readonly<Record<string, number>>;
  readonly message?: string | undefined;
  /** Of `run`; of every other command the parts that were given to other processes. */
  readonly steps: readonly StepStatus[];
  /** By name; those whose steps' machines are known. */
  readonly nodes: readonly NodeStatus[];
}

/**
 * Where a run stands, from its directory alone: here or on a cluster, at work or not. Only reads.
 * @throws {ConfigError} if the folder holds no run. @throws {FileError} if it cannot be read.
 */
export async function runStatus(out: string): Promise<RunStatus> {
  if (!(await pathExists(join(out, 'run.json')))) {
    throw new ConfigError('holds no run', { where: out, hint: 'name the folder that --out named' });
  }
  const { record, state, holder, isSeen = false } = await stateOf(out);
  if (record === undefined) throw new ConfigError('is no run record', { where: join(out, 'run.json') });
  const nodes = record.command === 'run' ? stepGraph(record.config as unknown as RunConfig) : [];
  const tasks = await knownTasks(out);
  const steps: StepStatus[] = [];
  for (const { id } of nodes) steps.push(await stepStatus(out, id, tasks.get(id)));
  if (record.command !== 'run') for (const task of tasks.values()) steps.push(await partStatus(out, task, state));
  return {
    out,
    command: record.command,
    state,
    holder: holder && { pid: holder.pid, host: holder.host, lockedAt: holder.lockedAt, isSeen },
    attempts: record.timing.attempts,
    seconds: record.timing.wallSeconds,
    phases: record.timing.phases,
    message: state === 'failed' ? record.error?.message : undefined,
    steps,
    nodes: nodesOf(steps, record),
  };
}

/** From the steps while the run is at work; of one that is done from its record. */
function nodesOf(steps: readonly StepStatus[], { notes }: RunRecord): NodeStatus[] {
  const count = (own: readonly StepStatus[], state: WorkState) => own.filter((step) => step.state === state).length;
  const names = [...new Set(steps.flatMap(({ node }) => node ?? []))].toSorted();
  if (names.length > 0) {
    return names.map((node) => {
      const own = steps.filter((step) => step.node === node);
      return { node, running: count(own, 'running'), done: count(own, 'done'), failed: count(own, 'failed') };
    });
  }
  const noted = z.record(z.string(), z.int()).safeParse(notes['nodes']).data ?? {};
  return Object.entries(noted)
    .map(([node, done]) => ({ node, running: 0, done, failed: 0 }))
    .toSorted((a, b) => (a.node < b.node ? -1 : 1));
}

/** A part of a pass: it has no directory of its own, and what its executor said last is all that is known. */
async function partStatus(out: string, { id, state, node, attempts, message }: KnownTask, ofRun: WorkState): Promise<StepStatus> {
  const log = logFileOf(resolve(out), id);
  const isLeft = state === 'running' && ofRun !== 'running';
  return {
    id,
    state: state === 'skipped' ? 'waiting' : isLeft ? 'stopped' : state,
    node,
    attempts,
    seconds: 0,
    message,
    ...((await pathExists(log)) && { log }),
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

async function stateOf(folder: string): Promise<{ record?: RunRecord; state: WorkState; holder?: LockHolder; isSeen?: boolean }> {
  const path = join(folder, 'run.json');
  const record = (await pathExists(path)) ? runRecordSchema.safeParse(await readJson(path)).data : undefined;
  if (record?.status === 'done') return { record, state: 'done' };
  const lock = await holderOfRun(folder);
  // On another machine it counts as at work: whoever gives it a dead one's work takes the lock over.
  if (lock !== undefined && lock.isAlive !== false)
    return { ...(record && { record }), state: 'running', holder: lock.holder, isSeen: lock.isAlive === true };
  if (record === undefined) return { state: 'waiting' };
  const isStopped = record.status === 'running' || record.error?.code === 'E_INTERRUPTED' || record.error?.code === 'E_SUPERSEDED';
  return { record, state: isStopped ? 'stopped' : 'failed' };
}
