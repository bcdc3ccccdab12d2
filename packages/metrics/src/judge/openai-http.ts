import { type ClientRequest, type IncomingHttpHeaders, type IncomingMessage, request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { InterruptedError, throwIfAborted } from '@pharmacist/core';
import { type CappedBody, readCapped } from './capped-body.ts';

export interface Endpoint {
  readonly url: string;
  /** Undefined where the endpoint wants none. */
  readonly key: string | undefined;
  /** For the whole exchange, to the last byte of the reply. */
  readonly timeoutMs: number;
}

export interface HttpReply extends CappedBody {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
}

/** The reply did not end in time. */
export class LateError extends Error {}

/** A verdict is a word; what is beyond this is not read. */
const MAX_REPLY_BYTES = 4 << 20;
/** Of the text of an error only the beginning is shown. */
const MAX_ERROR_BYTES = 64 << 10;
/** A longer timer would fire at once. */
export const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * Posts JSON once. Not with the built-in fetch: Node 20 forgets the signal of a fetch whose request object was collected, so that neither a
 * timeout nor Ctrl-C ends a body that drips on; and a fetch unpacks and follows what it is sent. Redirects are replies like others here:
 * the key goes to no other place.
 * @throws {InterruptedError} if `signal` is aborted. @throws {LateError} after the timeout. @throws {Error} if there is no HTTP reply.
 */
export async function post({ url, key, timeoutMs }: Endpoint, body: string, signal: AbortSignal | undefined): Promise<HttpReply> {
  throwIfAborted(signal);
  const request = (new URL(url).protocol === 'https:' ? httpsRequest : httpRequest)(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      accept: 'application/json',
      'accept-encoding': 'identity',
      'user-agent': 'pharmacist',
      ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
    },
  });
  // The timer and the listener hold the request, and whoever waits here holds both: nothing on the way can be collected.
  let stop = (_reason: Error): void => undefined;
  const stopped = new Promise<never>((_, reject) => {
    stop = (reason) => {
      reject(reason);
      request.destroy(reason);
    };
  });
  const onAbort = (): void => stop(new InterruptedError());
  const timer = setTimeout(() => stop(new LateError()), Math.min(timeoutMs, LONGEST_TIMER_MS));
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([exchange(request, body), stopped]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
  }
}

async function exchange(request: ClientRequest, body: string): Promise<HttpReply> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    request.on('response', resolve);
    request.on('error', reject);
    request.on('close', () => reject(new Error('the connection was closed')));
    request.end(body);
  });
  // Whoever reads hears of errors; those after that are nobody's.
  response.on('error', () => undefined);
  const { statusCode: status = 0, headers } = response;
  const isSuccess = status >= 200 && status < 300;
  return { status, headers, ...(await readCapped(response, isSuccess ? MAX_REPLY_BYTES : MAX_ERROR_BYTES)) };
}
