import { InterruptedError } from '@pharmacist/core';
import { INTERRUPTED_STATUS } from './interrupted-status.ts';

/**
 * Runs `work` with a signal that SIGINT or SIGTERM aborts; a second one ends the process at once, which costs only the work since the
 * last checkpoint.
 * @throws {InterruptedError} whatever form the abort took inside `work`.
 */
export async function withInterrupt<T>(work: (signal: AbortSignal) => Promise<T>, onInterrupt: () => void): Promise<T> {
  const controller = new AbortController();
  const stop = (name: NodeJS.Signals) => {
    if (controller.signal.aborted) endBy(name);
    controller.abort();
    onInterrupt();
  };
  process.on('SIGINT', stop).on('SIGTERM', stop);
  try {
    return await work(controller.signal);
  } catch (error) {
    if (controller.signal.aborted && error instanceof Error && error.name === 'AbortError') throw new InterruptedError();
    throw error;
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop);
  }
}

/** `process.exit` would wait for the threads that read files, and one that opens a pipe waits until somebody writes into it. */
function endBy(name: NodeJS.Signals): void {
  process.emit('exit', INTERRUPTED_STATUS);
  process.removeAllListeners(name);
  process.kill(process.pid, name);
}
