import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  acquireLock,
  asFileError,
  ConfigError,
  FileError,
  makeFolder,
  type PharmacistError,
  pathExists,
  throwIfAborted,
} from '@pharmacist/core';
import { hubError } from '../source/hub.ts';

/** A file of a repository, by what it holds. */
export interface Blob {
  /** Name in the cache: SHA-256 of a large file, or the hash that Git has of a small one. */
  readonly etag: string;
  readonly numBytes: number;
  readonly isLarge: boolean;
}

export interface DownloadOptions {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly fetch: typeof fetch;
  /** Folder of the cache that blobs lie in. */
  readonly blobs: string;
  /** The file for messages. */
  readonly where: string;
  /** Told of bytes that are there, those of an earlier attempt first. */
  readonly onBytes: (numBytes: number) => void;
  readonly onWait: () => void;
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds before a connection that broke is tried again, times two with each time. */
  readonly retryMs?: number | undefined;
}

/** Connections that break one after the other without a byte between them. */
const MAX_FAILURES = 5;
/** Silence after which a connection counts as broken. */
const STALL_MS = 60_000;
const LOCK_POLL_MS = 250;

/**
 * Downloads a file into the cache unless it is there, going on with what an earlier attempt, of huggingface_hub too, has left in `<etag>.incomplete`.
 * What has arrived is compared with the hash that the Hub names. Another process at the same file is waited for.
 * @throws {FileError} if the Hub refuses, the network fails again and again, or the bytes are others. @throws {InterruptedError} with the part kept.
 */
export async function downloadBlob(blob: Blob, options: DownloadOptions): Promise<void> {
  const path = join(options.blobs, blob.etag);
  if (await isWhole(path, blob)) return options.onBytes(blob.numBytes);
  const release = await lock(join(dirname(options.blobs), '.locks', `${blob.etag}.pharmacist`), options);
  try {
    if (await isWhole(path, blob)) return options.onBytes(blob.numBytes);
    await makeFolder(options.blobs);
    const part = `${path}.incomplete`;
    await fill(part, blob, options);
    await rename(part, path);
  } catch (error) {
    throw asFileError(error, path, 'written');
  } finally {
    await release();
  }
}

async function isWhole(path: string, { numBytes }: Blob): Promise<boolean> {
  return (await pathExists(path)) && (await stat(path)).size === numBytes;
}

async function lock(path: string, { signal, onWait }: DownloadOptions): Promise<() => Promise<void>> {
  for (let isFirst = true; ; isFirst = false) {
    throwIfAborted(signal);
    try {
      return await acquireLock(path);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      if (isFirst) onWait();
      await sleep(LOCK_POLL_MS);
    }
  }
}

/** Brings `part` to its whole size, whatever it has of it. @throws {FileError} if its hash is another then; the part is deleted. */
async function fill(part: string, blob: Blob, options: DownloadOptions): Promise<void> {
  const { where, onBytes, signal, retryMs = 1000 } = options;
  let hash = newHash(blob);
  let done = await hashOfPart(part, blob, hash);
  onBytes(done);
  const restart = async () => {
    await rm(part, { force: true });
    onBytes(-done);
    [hash, done] = [newHash(blob), 0];
  };
  if (done > blob.numBytes) await restart();
  for (let failures = 0; done < blob.numBytes || !(await pathExists(part));) {
    throwIfAborted(signal);
    const before = done;
    try {
      const response = await ask(done, options);
      if (response.startsOver && done > 0) await restart();
      const file = await open(part, 'a');
      try {
        for await (const piece of response.pieces) {
          await file.write(piece);
          hash.update(piece);
          done += piece.length;
          onBytes(piece.length);
        }
      } finally {
        await file.close();
      }
      if (done > blob.numBytes) break;
      if (done < blob.numBytes) throw new Error(`the connection ended after ${done} of ${blob.numBytes} bytes`);
    } catch (error) {
      throwIfAborted(signal);
      failures = done > before ? 1 : failures + 1;
      if (isFinal(error) || failures >= MAX_FAILURES) throw asProblem(error, where);
      await sleep(retryMs * 2 ** (failures - 1), undefined, { signal }).catch(() => undefined);
    }
  }
  if (hash.digest('hex') === blob.etag) return;
  await rm(part, { force: true });
  throw new FileError('arrived with other bytes than the Hub says it has', {
    where,
    hint: 'run the command again; if it happens again, something between here and the Hub changes files',
    details: { etag: blob.etag },
  });
}

/** Large files go by SHA-256, small ones by the hash that Git has of them. */
function newHash({ isLarge, numBytes }: Blob): Hash {
  return isLarge ? createHash('sha256') : createHash('sha1').update(`blob ${numBytes}\0`);
}

async function hashOfPart(part: string, { numBytes }: Blob, hash: Hash): Promise<number> {
  if (!(await pathExists(part))) return 0;
  const { size } = await stat(part);
  if (size > numBytes) return size;
  for await (const piece of createReadStream(part, { highWaterMark: 1 << 20 })) hash.update(piece as Buffer);
  return size;
}

class RefusedError extends Error {
  readonly statusCode: number;

  constructor(statusCode: number) {
    super(`the Hub answered ${statusCode}`);
    this.statusCode = statusCode;
  }
}

async function ask(
  start: number,
  { url, headers, fetch: send, signal }: DownloadOptions,
): Promise<{ startsOver: boolean; pieces: AsyncGenerator<Uint8Array> }> {
  const stall = new AbortController();
  const either = signal === undefined ? stall.signal : AbortSignal.any([stall.signal, signal]);
  let timer = setTimeout(() => stall.abort(new Error('nothing arrived for a minute')), STALL_MS);
  const alive = () => void (timer = timer.refresh());
  try {
    const range = start > 0 ? { range: `bytes=${start}-` } : {};
    const response = await send(url, { headers: { ...headers, ...range, 'accept-encoding': 'identity' }, signal: either });
    if ((!response.ok && response.status !== 206) || response.body === null) {
      await response.body?.cancel();
      throw new RefusedError(response.status);
    }
    const startsOver = response.status !== 206;
    if (!startsOver && response.headers.get('content-range')?.startsWith(`bytes ${start}-`) !== true) {
      await response.body.cancel();
      throw new Error('the server sends another part of the file than it was asked for');
    }
    return { startsOver, pieces: pieces(response.body, alive, () => clearTimeout(timer)) };
  } catch (error) {
    clearTimeout(timer);
    throw error;
  }
}

async function* pieces(body: ReadableStream<Uint8Array>, alive: () => void, end: () => void): AsyncGenerator<Uint8Array> {
  try {
    for await (const piece of body as ReadableStream<Uint8Array> & AsyncIterable<Uint8Array>) {
      alive();
      yield piece;
    }
  } finally {
    end();
  }
}

/** What asking again does not change: a refusal, and what this machine cannot do. */
function isFinal(error: unknown): boolean {
  const { statusCode: status, code, syscall } = error as { statusCode?: number; code?: unknown; syscall?: unknown };
  if (status !== undefined) return status < 500 && status !== 408 && status !== 429 && status !== 416;
  return syscall === 'write' && (code === 'ENOSPC' || code === 'EDQUOT' || code === 'EIO');
}

function asProblem(error: unknown, where: string): PharmacistError | Error {
  const { syscall } = error as { syscall?: unknown };
  return syscall === 'write' ? (error as Error) : hubError(error, where);
}
