import type { Task } from '../task.ts';

/** Tasks that go to Slurm as one array: they need the same and wait for the same. */
export interface TaskArray {
  readonly tasks: readonly Task[];
  readonly cpus: number;
  readonly gpus: number;
  readonly after: readonly string[];
}

/** Slurm's default for the elements of an array (MaxArraySize is 1001 and counts from nought). */
const MAX_ARRAY = 1000;

/** @param tasks in an order in which each comes after all that it waits for; so are the arrays. */
export function taskArrays(tasks: readonly Task[], maxArray = MAX_ARRAY): TaskArray[] {
  const groups = new Map<string, Task[]>();
  for (const task of tasks) {
    const key = JSON.stringify([task.cpus, task.gpus, task.after.toSorted()]);
    const group = groups.get(key) ?? [];
    group.push(task);
    groups.set(key, group);
  }
  // A group stands where its first task stood: all of them wait for the same, which comes before that one.
  return [...groups.values()].flatMap((group) => {
    const { cpus, gpus, after } = group[0]!;
    const arrays: TaskArray[] = [];
    for (let start = 0; start < group.length; start += maxArray) {
      arrays.push({ tasks: group.slice(start, start + maxArray), cpus, gpus, after });
    }
    return arrays;
  });
}
