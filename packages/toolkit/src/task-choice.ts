import type { TaskOptions } from '@pharmacist/experiment';
import type { Chosen, NameOr } from './chosen.ts';

/** How the rows of a task are read; its form is told from the first row if left out. */
export interface TaskChoice extends Omit<TaskOptions, 'form'> {
  readonly form?: NameOr<'task'> | undefined;
}

export function taskOptionsOf({ form, ...rest }: TaskChoice, chosen: Chosen): TaskOptions {
  return { ...rest, ...(form !== undefined && { form: chosen.nameOf('task', form) }) };
}
