import { setTimeout as sleep } from 'node:timers/promises';
import { InterruptedError, type Random, throwIfAborted } from '@pharmacist/core';
import { type Endpoint, type HttpReply, LateError, LONGEST_TIMER_MS, post } from './openai-http.ts';
import type { Failure } from './openai-failure.ts';
import { quoted } from './openai-reply.ts';

export interface RequestSettings extends Endpoint {
  /** Tries after the first. */
  readonly retries: number;
  /** The wait before the first retry; it doubles from one to the next. */
  readonly firstDelayMs: number;
  readonly maxDelayMs: number;
  /** Hides the key. */
  readonly mask: (text: string) => string;
}

export type Outcome<T> = { readonly tries: number } & ({ readonly value: T } | { readonly failure: Failure });

interface PostOptions<T> {
  readonly random: Random;
  readonly signal: AbortSignal | undefined;
  readonly read: (reply: HttpReply) => T | { failure: Failure };
  readonly mayRepeat: () => boolean;
}

/** Servers out of quota may ask for hours; a run is better continued later. */
const MAX_RETRY_AFTER_MS = 120_000;

/**
 * Posts JSON and tries again whatever may pass: 408, 409, 425, 429 and 5xx, a lost connection, a timeout, a reply without a completion.
 * Waits double from try to try, half of each is drawn from `random`, and a longer wait that the server asks for is honoured. A client
 * library would bring its own retries with unseeded jitter for what is one request.
 * @param read makes a value of a reply, or says why there is none. @param mayRepeat asked before each further try.
 * @returns the value, or the last failure; messages never hold the key.
 * @throws {InterruptedError} if `signal` is aborted, also while waiting.
 */
export async function postWithRetries<T extends object>(
  settings: RequestSettings,
  body: string,
  { random, signal, read, mayRepeat }: PostOptions<T>,
): Promise<Outcome<T>> {
  for (let tries = 1; ; tries++) {
    const result = await tryOnce(settings, body, { signal, read });
    if (!('failure' in result)) return { value: result, tries };
    const { failure, waitMs } = result;
    if (failure.kind !== 'passing' || tries > settings.retries || !mayRepeat()) {
      const times = tries > 1 ? ` (${tries} tries)` : '';
      return { failure: { ...failure, message: `${failure.message}${times}` }, tries };
    }
    const backoff = Math.min(settings.maxDelayMs, settings.firstDelayMs * 2 ** (tries - 1)) * (0.5 + 0.5 * random.uniform());
    await wait(Math.max(backoff, Math.min(waitMs ?? 0, MAX_RETRY_AFTER_MS)), signal);
  }
}

async function tryOnce<T extends object>(
  settings: RequestSettings,
  body: string,
  { signal, read }: Pick<PostOptions<T>, 'signal' | 'read'>,
): Promise<T | { failure: Failure; waitMs?: number | undefined }> {
  let reply: HttpReply;
  try {
    reply = await post(settings, body, signal);
  } catch (error) {
    if (error instanceof InterruptedError) throw error;
    throwIfAborted(signal);
    const message =
      error instanceof LateError
        ? `the judge did not answer within ${settings.timeoutMs / 1000} s`
        : `the judge could not be reached (${quoted(reason(error), settings.mask)})`;
    return { failure: { kind: 'passing', message } };
  }
  const found = read(reply);
  return 'failure' in found ? { ...found, waitMs: waitAskedFor(reply) } : found;
}

async function wait(delayMs: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await sleep(Math.min(delayMs, LONGEST_TIMER_MS), undefined, signal === undefined ? {} : { signal });
  } catch (error) {
    throwIfAborted(signal);
    throw error;
  }
}

/** Of several addresses that were tried the first failure. */
function reason(error: unknown): string {
  const { code, message, errors } = error as { code?: string; message?: string; errors?: { code?: string }[] };
  return code ?? errors?.[0]?.code ?? (message || 'unknown reason');
}

/** The wait that the headers ask for: `retry-after-ms`, or `retry-after` in seconds or as an HTTP date. */
export function waitAskedFor({ headers }: Pick<HttpReply, 'headers'>): number | undefined {
  const milliseconds = headers['retry-after-ms'];
  if (typeof milliseconds === 'string' && /^\s*\d+(?:\.\d+)?\s*$/u.test(milliseconds)) return Number(milliseconds);
  return retryAfterMs(headers['retry-after'] ?? null);
}

/** The wait that a Retry-After header asks for; undefined if there is none or it cannot be read. */
export function retryAfterMs(header: string | null, now = Date.now()): number | undefined {
  if (header === null) return undefined;
  if (/^\s*\d+(?:\.\d+)?\s*$/u.test(header)) return Number(header) * 1000;
  // A date begins with its day in all three forms; Date.parse alone would find one in "soon 1".
  const date = /^\s*(?:mon|tue|wed|thu|fri|sat|sun)/iu.test(header) ? Date.parse(header) : NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
