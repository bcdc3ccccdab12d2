import { FileError, InterruptedError } from '@pharmacist/core';
import type { ByteStream } from './byte-stream.ts';
import { labelOf } from './source-name.ts';

/** A file behind an address. */
export interface WebFile {
  stream: ByteStream;
  /** Size as stored; undefined if the server does not say, or sends it compressed on the way. */
  numBytes: number | undefined;
  /** Whether the bytes were compressed on the way and are not any more: the name may speak of that compression. */
  isUnpacked: boolean;
}

/**
 * Opens an http(s) address.
 * @throws {FileError} if the server refuses, cannot be reached, or ends too early; {InterruptedError} on abort.
 */
export async function openWebFile(url: URL, options: { fetch?: typeof fetch; signal?: AbortSignal }): Promise<WebFile> {
  const where = labelOf(url.href);
  const { signal } = options;
  let response: Response;
  try {
    response = await (options.fetch ?? fetch)(withoutUser(url), {
      headers: { accept: '*/*', ...authorizationOf(url) },
      ...(signal && { signal }),
    });
  } catch (error) {
    throw webError(error, where, signal);
  }
  if (!response.ok || response.body === null) {
    await response.body?.cancel();
    throw new FileError(`cannot be downloaded: the server answered ${response.status} ${response.statusText}`.trim(), {
      where,
      hint: hintOf(response.status),
    });
  }
  const isUnpacked = !['', 'identity'].includes(response.headers.get('content-encoding') ?? '');
  const length = Number(response.headers.get('content-length') ?? Number.NaN);
  const numBytes = isUnpacked || !Number.isSafeInteger(length) ? undefined : length;
  return { stream: wholeBody(response.body, numBytes, where, signal), numBytes, isUnpacked };
}

async function* wholeBody(
  body: ReadableStream<Uint8Array>,
  numBytes: number | undefined,
  where: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  let received = 0;
  try {
    for await (const piece of body as ReadableStream<Uint8Array> & ByteStream) {
      received += piece.length;
      yield piece;
    }
  } catch (error) {
    throw webError(error, where, signal);
  }
  if (numBytes !== undefined && received !== numBytes)
    throw new FileError(`the download ended after ${received} of ${numBytes} bytes`, { where, hint: 'run the command again' });
}

/** `fetch` refuses addresses with a name and a password in them. */
function withoutUser(url: URL): URL {
  const bare = new URL(url);
  bare.username = '';
  bare.password = '';
  return bare;
}

function authorizationOf({ username, password }: URL): Record<string, string> {
  if (username === '') return {};
  const user = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { authorization: `Basic ${Buffer.from(user).toString('base64')}` };
}

function hintOf(status: number): string {
  if (status === 401 || status === 403) return 'the file needs a login: download it, and name the file';
  if (status === 404 || status === 410) return 'check the address';
  return 'try again later, or download the file and name it';
}

function webError(error: unknown, where: string, signal: AbortSignal | undefined): unknown {
  if (signal?.aborted === true) return new InterruptedError();
  const { message, cause } = error as Error & { cause?: { code?: string; message?: string } };
  const reason = cause?.code ?? cause?.message ?? message;
  return new FileError(`cannot be downloaded (${reason})`, {
    where,
    hint: 'check the address and the network, or download the file and name it',
    cause: error,
  });
}
