import type { ProgressEvent } from '@pharmacist/core';
import { expect, it } from 'vitest';
import type { Task } from './task.ts';
import { TaskBoard } from './task-board.ts';

const task = (id: string, ...after: string[]): Task => ({ id, argv: ['true'], cpus: 1, gpus: 0, after });

it('is one view over all tasks: what works where, what waits, what failed, what was tried again', () => {
  const events: ProgressEvent[] = [];
  const reporter = { progress: (event: ProgressEvent) => void events.push(event), warn: () => undefined, info: () => undefined };
  const board = new TaskBoard([task('a'), task('b'), task('c', 'a'), task('d', 'c')], { dir: '/runs/x', reporter });
  board.report();
  expect(events.at(-1)).toMatchObject({ phase: '4 tasks', done: 0, total: 4, facts: { running: 0, waiting: 4 } });
  board.set('a', { state: 'running', node: 'n1', attempts: 1 });
  board.set('b', { state: 'running', node: 'n2', attempts: 1 });
  expect(events.at(-1)!.facts).toEqual({ running: 2, waiting: 2, nodes: 2, now: 'a' });
  board.set('a', { node: 'n2', attempts: 3 });
  expect(events.at(-1)!.facts).toEqual({ running: 2, waiting: 2, nodes: 1, retries: 2, now: 'a' });
  board.set('b', { state: 'done' });
  board.set('a', { state: 'failed', message: 'no' });
  expect(events.at(-1)).toMatchObject({ done: 1, facts: { running: 0, waiting: 0, failed: 3, retries: 2 } });
  expect(board.isOver).toBe(true);
  expect(board.statuses.map(({ state }) => state)).toEqual(['failed', 'done', 'skipped', 'skipped']);
  expect(board.status('d')).toMatchObject({ message: '"c" did not succeed', log: '/runs/x/logs/d.log' });
  // What is over stays so.
  board.set('b', { state: 'running' });
  expect(board.status('b').state).toBe('done');
});

it('skips a chain that is longer than a stack is deep, in one report', () => {
  let numReports = 0;
  const reporter = { progress: () => void numReports++, warn: () => undefined, info: () => undefined };
  const chain = Array.from({ length: 50_000 }, (_, i) => task(`t${i}`, ...(i === 0 ? [] : [`t${i - 1}`])));
  const board = new TaskBoard(chain, { dir: '/runs/x', reporter });
  board.set('t0', { state: 'failed' });
  expect(board.isOver).toBe(true);
  expect(board.status('t49999')).toMatchObject({ state: 'skipped', message: '"t49998" did not succeed' });
  expect(numReports).toBe(1);
});
