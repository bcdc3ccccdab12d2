import type { ProgressEvent } from '@pharmacist/core';

/** Work that has begun: a promise of its result that may be iterated over for its progress, from the moment of asking. */
export type Work<T> = Promise<T> & AsyncIterable<ProgressEvent>;

/** Starts work in a turn of its own, so that whoever iterates at once misses nothing. @param start is given what its progress goes to. */
export function beginWork<T>(start: (onProgress: (event: ProgressEvent) => void) => Promise<T>): Work<T> {
  const listeners = new Set<(event: ProgressEvent) => void>();
  const result = Promise.resolve().then(async () => {
    return await start((event) => {
      for (const listener of listeners) listener(event);
    });
  });
  return Object.assign(result, { [Symbol.asyncIterator]: () => progressOf(result, listeners) });
}

/** The events until the work has ended; an error of the work is its promise's, and ends them too. */
function progressOf(result: Promise<unknown>, listeners: Set<(event: ProgressEvent) => void>): AsyncIterator<ProgressEvent> {
  const waiting: ProgressEvent[] = [];
  let isDone = false;
  let wake: () => void = () => undefined;
  const listener = (event: ProgressEvent): void => {
    waiting.push(event);
    wake();
  };
  const end = (): void => {
    isDone = true;
    listeners.delete(listener);
    wake();
  };
  listeners.add(listener);
  result.then(end, end);
  return {
    async next() {
      for (;;) {
        const event = waiting.shift();
        if (event !== undefined) return { done: false, value: event };
        if (isDone) return { done: true, value: undefined };
        await new Promise<void>((resolve) => (wake = resolve));
      }
    },
    async return() {
      listeners.delete(listener);
      return await Promise.resolve({ done: true as const, value: undefined });
    },
  };
}
