import { ContractError, InterruptedError, PharmacistError, throwIfAborted } from './errors.ts';

/** Seconds that work has to stop once it was asked to: one step of a large model on a processor may take some of them. */
export const STOP_SECONDS = 300;

/** Tells work that is still going on that nobody waits for it any more. */
export interface Attendance {
  /** @throws {InterruptedError} once the work was given up: what it would still write is not wanted. */
  assertWanted(): void;
}

/**
 * Awaits work of a definition, which may be anybody's. What it throws is an error that names it; work that does not end within STOP_SECONDS of
 * the signal is given up, and ends in the background without effect as far as it asks `assertWanted`.
 * @param where names the definition: `method mine`. @param keepsResult for one step of many: what it gives after the signal is still wanted.
 * @throws {ContractError} for what it throws that is no error of ours. @throws {InterruptedError} once the signal is aborted, whatever the work gives.
 */
export async function attended<T>(
  where: string,
  signal: AbortSignal | undefined,
  work: (attendance: Attendance) => Promise<T> | T,
  { keepsResult = false }: { readonly keepsResult?: boolean } = {},
): Promise<T> {
  let isGivenUp = false;
  const attendance: Attendance = {
    assertWanted: () => {
      if (isGivenUp) throw new InterruptedError('was given up', { where });
    },
  };
  let timer: NodeJS.Timeout | undefined;
  let onAbort: (() => void) | undefined;
  const late = new Promise<never>((_, reject) => {
    onAbort = () => {
      timer = setTimeout(() => {
        isGivenUp = true;
        reject(new InterruptedError(`did not stop within ${STOP_SECONDS} s of being asked to, and was given up`, { where }));
      }, STOP_SECONDS * 1000);
    };
  });
  if (!keepsResult) throwIfAborted(signal);
  // What was aborted before says so no more.
  if (isAborted(signal)) onAbort!();
  else signal?.addEventListener('abort', onAbort!, { once: true });
  try {
    // In a turn of its own, so that what is thrown at once is caught as what is thrown later is.
    const done = Promise.resolve().then(async () => await work(attendance));
    const result = await (signal === undefined ? done : Promise.race([done, late]));
    if (!keepsResult) throwIfAborted(signal);
    return result;
  } catch (error) {
    if (error instanceof PharmacistError) throw error;
    if (isAborted(signal)) throw new InterruptedError(undefined, { where, cause: error });
    throw thrownBy(where, error);
  } finally {
    signal?.removeEventListener('abort', onAbort!);
    clearTimeout(timer);
  }
}

/** The same for work that ends at once. @throws {ContractError} for what it throws that is no error of ours. */
export function attendedAtOnce<T>(where: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof PharmacistError ? error : thrownBy(where, error);
  }
}

function thrownBy(where: string, error: unknown): ContractError {
  return new ContractError(`threw ${error instanceof Error ? String(error) : `a value that is no error: ${String(error)}`}`, {
    where,
    hint: 'the fault is in its code, not in the rows; --debug (or `cause`) shows where',
    cause: error,
  });
}

/** Asked again after a wait, which the type of `aborted` knows nothing of. */
function isAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}
