import type { Reporter } from '@pharmacist/core';

/** Shows the progress of one part of a work as progress of the whole: `done` units came before it. */
export function partOf(reporter: Reporter, { done, total, phase }: { done: number; total: number; phase?: string }): Reporter {
  return {
    progress: (event) => reporter.progress({ ...event, done: done + event.done, total, ...(phase !== undefined && { phase }) }),
    warn: (message) => reporter.warn(message),
    info: (message) => reporter.info(message),
  };
}
