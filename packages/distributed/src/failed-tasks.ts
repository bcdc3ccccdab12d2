import type { TaskStatus } from './task-status.ts';

/** Tasks that failed and said the same. */
export interface FailureGroup {
  readonly message: string;
  readonly tasks: readonly TaskStatus[];
}

/** What the tasks that failed by themselves said, each message once, and how many never started because of them. */
export function failuresOf(statuses: readonly TaskStatus[]): { groups: FailureGroup[]; numSkipped: number } {
  const groups = new Map<string, TaskStatus[]>();
  for (const status of statuses) {
    if (status.state !== 'failed') continue;
    const message = status.message ?? '';
    const alike = groups.get(message) ?? [];
    alike.push(status);
    groups.set(message, alike);
  }
  return {
    groups: [...groups].map(([message, tasks]) => ({ message, tasks })),
    numSkipped: statuses.filter(({ state }) => state === 'skipped').length,
  };
}
