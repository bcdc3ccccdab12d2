/**
 * An executor, as one would be added: `src/one-by-one/one-by-one.ts`, and its word in `src/registry.ts`. This one starts a process for each
 * task, one after the other, and leaves what waits for a failed one.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { ConfigError, throwIfAborted } from '@pharmacist/core';
import { z } from 'zod';
import { defineExecutor } from '../src/define-executor.ts';
import { commonSettings, type Executor } from '../src/executor.ts';
import { inOrder, type Task } from '../src/task.ts';
import type { TaskStatus } from '../src/task-status.ts';

export const oneByOne = defineExecutor({
  name: 'one-by-one',
  summary: 'processes on this machine, one after the other',
  settings: z.strictObject(commonSettings),
  create: (_, { env }): Executor => ({
    name: 'one-by-one',
    async run(tasks, { cwd, dir, signal, onChange }) {
      const statuses = new Map<string, TaskStatus>();
      for (const task of inOrder(tasks)) {
        throwIfAborted(signal);
        const isFree = task.after.every((id) => statuses.get(id)?.state === 'done');
        const exitStatus = isFree ? await statusOf(task, { cwd, env }) : undefined;
        const status: TaskStatus = {
          id: task.id,
          state: isFree ? (exitStatus === 0 ? 'done' : 'failed') : 'skipped',
          node: isFree ? 'here' : undefined,
          attempts: isFree ? 1 : 0,
          seconds: undefined,
          exitStatus,
          message: exitStatus === 0 || !isFree ? undefined : `ended with status ${exitStatus}`,
          log: join(dir, `${task.id}.log`),
        };
        statuses.set(task.id, status);
        onChange?.(status);
      }
      return [...statuses.values()];
    },
    async probe() {
      return await Promise.reject(new ConfigError('does not ask its machine', { where: 'executor one-by-one', hint: 'use local' }));
    },
  }),
});

async function statusOf({ argv }: Task, { cwd, env }: { cwd: string; env: Readonly<Record<string, string | undefined>> }): Promise<number> {
  const [program, ...args] = argv;
  const [status] = (await once(spawn(program!, args, { cwd, env, stdio: 'ignore' }), 'close')) as [number | null];
  return status ?? 1;
}
