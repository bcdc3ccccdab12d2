import type { ProgressEvent } from '@pharmacist/core';
import { expect, it } from 'vitest';
import { GridProgress } from './grid-progress.ts';

const STEPS = ['a', 'b'].map((id) => ({ id, kind: 'select', work: 10 }));

function grid() {
  const events: ProgressEvent[] = [];
  const progress = new GridProgress(STEPS, { progress: (event) => events.push(event), warn: () => undefined, info: () => undefined });
  const work = (id: string, ms: number) => {
    const times = [0, ms];
    progress.reporterOf(id, () => times.shift()!).progress({ phase: 'Reading', done: 1, total: 1, unit: 'rows' });
  };
  return { events, progress, work };
}

it('counts seconds of work against those that the rest will take, and is whole at the end', () => {
  const { events, progress, work } = grid();
  work('a', 2000);
  progress.finish('a', 4);
  work('b', 1000);
  progress.finish('b', 3);
  // Nothing is known at first: .06 s for a unit. Then b will take what a took.
  expect(events.map(({ done, total }) => [done, total])).toEqual([
    [2, 3],
    [5, 8],
    [7, 7],
  ]);
  expect(events.at(-1)).toMatchObject({ phase: 'Grid of 2 steps', unit: 's of work' });
});

it('is whole after steps that took no second, and says nothing of a grid that was done before', () => {
  const { events, progress, work } = grid();
  progress.finish('a', 0.1);
  work('b', 100);
  progress.finish('b', 0.1);
  expect(events.at(-1)).toMatchObject({ done: 1, total: 1 });
  const before = grid();
  for (const { id } of STEPS) before.progress.finish(id, 3);
  expect(before.events).toEqual([]);
});
