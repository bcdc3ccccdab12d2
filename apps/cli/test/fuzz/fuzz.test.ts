import { expect, it } from 'vitest';
import { runFuzz } from './run-fuzz.ts';

it('refuses damaged files of every kind with a clear message, in bounded time and memory (a slice of test:fuzz)', async () => {
  const { faults, numRead, numRefused } = await runFuzz('slice', 130);
  expect(faults).toEqual([]);
  expect(numRead).toBeGreaterThan(0);
  expect(numRefused).toBeGreaterThan(60);
});
