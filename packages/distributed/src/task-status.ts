/** `skipped`: never started, since a task that it waits for failed. */
export type TaskState = 'waiting' | 'running' | 'done' | 'failed' | 'skipped';

/** Where a task stands. */
export interface TaskStatus {
  readonly id: string;
  readonly state: TaskState;
  /** Machine that runs it, or ran it last. */
  readonly node: string | undefined;
  /** How often it was started; more than once if its machine was lost. */
  readonly attempts: number;
  /** Of the last attempt, in seconds. */
  readonly seconds: number | undefined;
  /** Of the process, if it ended by itself. */
  readonly exitStatus: number | undefined;
  /** What a failed task said last, or what became of it. */
  readonly message: string | undefined;
  /** File that holds what its process printed, all attempts. */
  readonly log: string;
}

/** True once nothing more will happen to the task. */
export function isOver({ state }: Pick<TaskStatus, 'state'>): boolean {
  return state === 'done' || state === 'failed' || state === 'skipped';
}
