import { describe, expect, it } from 'vitest';
import { inOrder, type Task } from './task.ts';

const task = (id: string, ...after: string[]): Task => ({ id, argv: ['true'], cpus: 1, gpus: 0, after });
const ids = (tasks: readonly Task[]) => inOrder(tasks).map(({ id }) => id);

describe('the order of tasks', () => {
  it('puts each after all that it waits for, and else leaves them as they are', () => {
    expect(ids([task('d', 'b', 'c'), task('b', 'a'), task('a'), task('c', 'a'), task('e')])).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(ids([])).toEqual([]);
  });

  it('does not care how long a chain is', () => {
    const chain = Array.from({ length: 20_000 }, (_, i) => task(`${i}`, ...(i === 19_999 ? [] : [`${i + 1}`])));
    expect(ids(chain)[0]).toBe('19999');
  });

  it.each([
    ['two tasks have this id', [task('a'), task('a')]],
    ['waits for "b", which is no task', [task('a', 'b')]],
    ['waits for itself', [task('a', 'b'), task('b', 'c'), task('c', 'a')]],
    ['waits for itself', [task('a', 'a')]],
    ['is no name for a task', [task('../a')]],
    ['is no name for a task', [task('/a')]],
    ['has no program', [{ ...task('a'), argv: [] }]],
  ])('refuses: %s', (message, tasks) => {
    expect(() => inOrder(tasks)).toThrow(message);
  });
});
