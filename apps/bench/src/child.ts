import { fork } from 'node:child_process';
import { once } from 'node:events';
import { InternalError } from '@pharmacist/core';

/**
 * Sends a task to a script in a process of its own, whose peak memory is then that of the task and of nothing else, and returns the one message
 * that it answers.
 * @throws {InternalError} if the process ends before.
 */
export async function runInChild<R>(script: URL, task: object): Promise<R> {
  const child = fork(script, { serialization: 'advanced' });
  const failed = once(child, 'exit').then(([code]) => {
    throw new InternalError(`the child process ended with ${String(code)} before its report`, { where: 'bench/runInChild' });
  });
  failed.catch(() => undefined);
  child.send(task);
  const [report] = (await Promise.race([once(child, 'message'), failed])) as [R];
  child.disconnect();
  return report;
}
