import { setImmediate } from 'node:timers/promises';
import { throwIfAborted } from '@pharmacist/core';
import type { SelectionContext } from './selector.ts';

/** Rows between two reports. */
const SLICE = 2000;

/** Ranges of rows for work without a model: between two of them progress is shown and an interrupt is heard. @throws {InterruptedError} */
export async function* rowSlices(
  total: number,
  phase: string,
  { reporter, signal }: Pick<SelectionContext, 'reporter' | 'signal'>,
): AsyncGenerator<readonly [start: number, end: number]> {
  for (let start = 0; start < total; start += SLICE) {
    throwIfAborted(signal);
    const end = Math.min(start + SLICE, total);
    yield [start, end];
    reporter.progress({ phase, done: end, total, unit: 'rows' });
    await setImmediate();
  }
}
