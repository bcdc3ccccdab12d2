import { setTimeout } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { slices } from './slices.ts';

async function rangesOf(total: number, size: number): Promise<(readonly [number, number])[]> {
  const ranges: (readonly [number, number])[] = [];
  for await (const range of slices(total, { size })) ranges.push(range);
  return ranges;
}

it('make up the whole', async () => {
  expect(await rangesOf(5, 2)).toEqual([[0, 2], [2, 4], [4, 5]]); // prettier-ignore
  expect(await rangesOf(4, 4)).toEqual([[0, 4]]);
  expect(await rangesOf(0, 4)).toEqual([]);
});

it('let a timer run between two, and hear an abort', async () => {
  const controller = new AbortController();
  void setTimeout(5).then(() => controller.abort());
  const endless = async () => {
    for await (const [start] of slices(Infinity, { size: 1, signal: controller.signal })) expect(start).toBeGreaterThanOrEqual(0);
  };
  await expect(endless()).rejects.toMatchObject({ code: 'E_INTERRUPTED' });
});
