import { setImmediate } from 'node:timers/promises';
import { throwIfAborted } from '@pharmacist/core';

/** Lets the event loop run, so that a signal arrives and progress is shown during a long fit. @throws {InterruptedError} if aborted. */
export async function pause(signal: AbortSignal | undefined): Promise<void> {
  await setImmediate();
  throwIfAborted(signal);
}
