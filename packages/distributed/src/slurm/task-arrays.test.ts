import { expect, it } from 'vitest';
import type { Task } from '../task.ts';
import { taskArrays } from './task-arrays.ts';

const task = (id: string, after: readonly string[] = [], gpus = 0): Task => ({ id, argv: ['true'], cpus: 1, gpus, after });

it('puts together what needs the same and waits for the same, no more than an array may hold', () => {
  const tasks = [task('a'), task('b'), task('c', ['a', 'b']), task('d', ['b', 'a']), task('e', ['a']), task('f', [], 1), task('g')];
  expect(taskArrays(tasks, 2).map((array) => array.tasks.map(({ id }) => id))).toEqual([['a', 'b'], ['g'], ['c', 'd'], ['e'], ['f']]);
});
