/**
 * Makes a function that runs `work` for whoever calls it, never twice at a time: calls during one run share the next. A call is over when a
 * run is that began after it.
 */
export function oneAfterAnother(work: () => Promise<void>): () => Promise<void> {
  let last: Promise<void> = Promise.resolve();
  let waiting: Promise<void> | undefined;
  return async () => {
    waiting ??= last
      .catch(() => undefined)
      .then(async () => {
        waiting = undefined;
        last = work();
        await last;
      });
    await waiting;
  };
}
