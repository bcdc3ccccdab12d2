import { resolve } from 'node:path';
import { IncompleteError, type Reporter, type RunDirectory, runIdentity } from '@pharmacist/core';
import { failuresOf, type ParsedExecutor, type Task } from '@pharmacist/distributed';
import type { IndependentSteps } from '@pharmacist/selector';
import { readShard, shardFileOf, type ShardResult } from './shard-file.ts';
import { planShards, type Shard } from './shard-plan.ts';

export interface ShardGiver {
  readonly executor: ParsedExecutor;
  /** How this program is called. */
  readonly program: readonly string[];
  readonly run: RunDirectory;
  /** Tells this run from others on the same engine. */
  readonly key: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly count: (kind: 'forward' | 'backward', batches: number, rows: number) => void;
  readonly reporter: Reporter;
  readonly signal: AbortSignal | undefined;
}

/**
 * Has the steps of a pass made by an executor's processes and puts together what they found, in the order of the shards. What is there already, from
 * whomever, is taken; missing, damaged and foreign files are made again.
 * @returns false if the pass is too short to be divided.
 * @throws {IncompleteError} if a shard could not be made, with what its process said.
 */
export async function giveShards(steps: IndependentSteps, giver: ShardGiver): Promise<boolean> {
  const { executor, program, run, key, versions, count, reporter, signal } = giver;
  const { settings } = executor;
  const { shard: size, parallel } = settings;
  const plan = planShards(steps, { size, parallel, identity: { run: runIdentity(run.record), versions } });
  if (plan.shards.length < 2) return false;
  const found = new Map<Shard, ShardResult>();
  const look = async () => {
    const left: Shard[] = [];
    for (const shard of plan.shards) {
      if (found.has(shard)) continue;
      const result = await readShard(shardFileOf(run.stateDir, plan, shard), { plan, shard, values: steps.values });
      if (typeof result === 'string') left.push(shard);
      else found.set(shard, result);
    }
    return left;
  };
  const left = await look();
  if (left.length > 0) {
    const call = settings.program ?? program;
    const tasks = left.map(({ number, from, to }): Task => {
      const range = ['--pass', steps.name, '--from', String(from), '--to', String(to), '--number', String(number), '--plan', plan.id];
      return {
        id: `shards/${steps.name}/${number}`,
        argv: [...call, 'shard', run.path, ...range],
        cpus: settings.cpus,
        gpus: settings.gpus,
        after: [],
      };
    });
    const statuses = await executor.executor.run(tasks, {
      key: `${key}/${plan.id}`,
      cwd: process.cwd(),
      dir: resolve(run.path),
      signal,
      reporter,
    });
    const missing = await look();
    if (missing.length > 0) {
      const { groups } = failuresOf(statuses);
      const said = groups.map(({ message, tasks: [first] }) => `\n  ${first!.id}: ${message}\n    log: ${first!.log}`);
      throw new IncompleteError(
        `${missing.length} of ${plan.shards.length} shards of the pass "${steps.name}" could not be made${said.join('')}`,
        {
          where: run.path,
          hint: 'what is done is kept: see to the cause, and give the same command again',
        },
      );
    }
  }
  for (const shard of plan.shards) {
    const { passes, values } = found.get(shard)!;
    for (const [name, { places, found: own }] of values) {
      const target = steps.values[name]!;
      places.forEach((place, i) => (target[place] = own[i]!));
    }
    for (const [kind, [batches, rows]] of Object.entries(passes)) count(kind as 'forward' | 'backward', batches, rows);
  }
  return true;
}
