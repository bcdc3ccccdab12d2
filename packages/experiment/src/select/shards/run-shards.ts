import { resolve } from 'node:path';
import { IncompleteError } from '@pharmacist/core';
import { failuresOf, type Task, type TaskStatus } from '@pharmacist/distributed';
import { TaskFile } from '../../executor/task-file.ts';
import type { ShardGiver } from './shard-giver.ts';
import type { Shard } from './shard-plan.ts';

/** Has an executor's processes make shards. @returns what became of each. */
export async function runShards(
  shards: readonly Shard[],
  { plan, pass }: { plan: string; pass: string },
  { executor, program, run, key, place, signal, reporter }: ShardGiver,
): Promise<TaskStatus[]> {
  const { settings } = executor;
  const call = settings.program ?? program;
  const elsewhere = place === undefined ? [] : ['--store', place];
  const tasks = shards.map(({ number }): Task => ({
    id: `shards/${pass}/${number}`,
    argv: [...call, 'shard', run.path, '--pass', pass, '--number', String(number), '--plan', plan, ...elsewhere],
    cpus: settings.cpus,
    gpus: settings.gpus,
    after: [],
  }));
  const known = await TaskFile.open(run.path);
  try {
    const onChange = (status: TaskStatus) => known.set(status);
    const dir = resolve(run.path);
    return await executor.executor.run(tasks, { key: `${key}/${plan}`, cwd: process.cwd(), dir, signal, reporter, onChange });
  } finally {
    await known.close();
    run.note('nodes', known.nodes);
  }
}

/** What is said where shards could not be made. */
export function incomplete(
  missing: readonly Shard[],
  shards: readonly Shard[],
  { statuses, pass, run }: { statuses: readonly TaskStatus[]; pass: string; run: string },
): IncompleteError {
  const { groups } = failuresOf(statuses);
  const said = groups.map(({ message, tasks: [first] }) => `\n  ${first!.id}: ${message}\n    log: ${first!.log}`);
  return new IncompleteError(`${missing.length} of ${shards.length} shards of the pass "${pass}" could not be made${said.join('')}`, {
    where: run,
    hint: 'what is done is kept: see to the cause, and give the same command again',
  });
}
