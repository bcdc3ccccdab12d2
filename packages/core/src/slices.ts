import { setImmediate } from 'node:timers/promises';
import { throwIfAborted } from './errors.ts';

export interface SliceOptions {
  /** Places of a slice; 2000 by default. */
  readonly size?: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Ranges that make up 0 to `total`, for long work on this thread: between two of them the event loop runs, so that a signal arrives, progress is
 * shown and an interrupt is heard.
 * @throws {InterruptedError}
 */
export async function* slices(
  total: number,
  { size = 2000, signal }: SliceOptions = {},
): AsyncGenerator<readonly [start: number, end: number]> {
  for (let start = 0; start < total; start += size) {
    throwIfAborted(signal);
    yield [start, Math.min(start + size, total)];
    await setImmediate();
  }
  throwIfAborted(signal);
}
