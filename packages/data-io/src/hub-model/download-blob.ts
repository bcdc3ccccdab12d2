import { createHash, type Hash } from 'node:crypto';
import { rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { acquireLock, asFileError, ConfigError, FileError, makeFolder, pathExists, throwIfAborted } from '@pharmacist/core';
import { hubError } from '../source/hub.ts';
import { askForBytes, ConnectionError, type FileRequest } from './ask-for-bytes.ts';
import { PartialFile } from './partial-file.ts';

/** A file of a repository, by what it holds. */
export interface Blob {
  /** Name in the cache: SHA-256 of a large file, or the hash that Git has of a small one. */
  readonly etag: string;
  readonly numBytes: number;
  readonly isLarge: boolean;
}

export interface DownloadOptions extends FileRequest {
  /** Folder of the cache that blobs lie in. */
  readonly blobs: string;
  /** The file for messages. */
  readonly where: string;
  /** Told of bytes that are there, those of an earlier attempt first; of fewer than none where a server starts over. */
  readonly onBytes: (numBytes: number) => void;
  readonly onWait: () => void;
  /** Milliseconds before a connection that broke is tried again, times two with each time. */
  readonly retryMs?: number | undefined;
}

/** Connections that break one after the other, and none leaves more of the file than it found. */
const MAX_FAILURES = 5;
const LOCK_POLL_MS = 250;

/**
 * Downloads a file into the cache unless it is there, going on with what an earlier attempt, of huggingface_hub too, has left in `<etag>.incomplete`.
 * What has arrived is compared with the hash that the Hub names. Another process at the same file is waited for.
 * @throws {FileError} if the Hub refuses, the network fails again and again, the bytes are others, or they cannot be written.
 * @throws {InterruptedError} with the part kept.
 */
export async function downloadBlob(blob: Blob, options: DownloadOptions): Promise<void> {
  const path = join(options.blobs, blob.etag);
  if (await isWhole(path, blob)) return options.onBytes(blob.numBytes);
  const release = await lock(join(dirname(options.blobs), '.locks', `${blob.etag}.pharmacist`), options);
  try {
    if (await isWhole(path, blob)) return options.onBytes(blob.numBytes);
    await makeFolder(options.blobs);
    const part = await download(`${path}.incomplete`, blob, options);
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

/** @returns `path`, where the whole file is. @throws {FileError} if its hash is another; it is deleted. What else is thrown leaves it as it is. */
async function download(path: string, blob: Blob, options: DownloadOptions): Promise<string> {
  const part = await PartialFile.open(path, () => newHash(blob));
  try {
    await fill(part, blob, options);
  } finally {
    await part.close();
  }
  if (part.digest() === blob.etag) return path;
  await rm(path, { force: true });
  throw new FileError('arrived with other bytes than the Hub says it has', {
    where: options.where,
    hint: 'run the command again; if it happens again, something between here and the Hub changes files',
    details: { etag: blob.etag },
  });
}

/** Brings a file to its whole size, whatever there is of it. Only what the network does is tried again. */
async function fill(part: PartialFile, blob: Blob, options: DownloadOptions): Promise<void> {
  const { where, onBytes, signal, retryMs = 1000 } = options;
  if (part.numBytes > blob.numBytes) await part.clear();
  onBytes(part.numBytes);
  for (let failures = 0; part.numBytes < blob.numBytes;) {
    throwIfAborted(signal);
    const before = part.numBytes;
    try {
      await receive(part, options);
      if (part.numBytes < blob.numBytes) throw new ConnectionError(`the connection ended after ${part.numBytes} of ${blob.numBytes} bytes`);
    } catch (error) {
      throwIfAborted(signal);
      if (!(error instanceof ConnectionError)) throw error;
      // A server that starts over and gets less far would be asked for ever if its bytes counted.
      failures = part.numBytes > before ? 1 : failures + 1;
      if (error.isRefusal || failures >= MAX_FAILURES) throw hubError(error, where);
      await sleep(retryMs * 2 ** (failures - 1), undefined, { signal }).catch(() => undefined);
    }
  }
}

/** What one connection brings. */
async function receive(part: PartialFile, options: DownloadOptions): Promise<void> {
  const { onBytes } = options;
  await askForBytes(part.numBytes, options, async ({ startsOver, pieces }) => {
    if (startsOver) {
      onBytes(-part.numBytes);
      await part.clear();
    }
    for await (const piece of pieces) {
      await part.append(piece);
      onBytes(piece.length);
    }
  });
}

/** Large files go by SHA-256, small ones by the hash that Git has of them. */
function newHash({ isLarge, numBytes }: Blob): Hash {
  return isLarge ? createHash('sha256') : createHash('sha1').update(`blob ${numBytes}\0`);
}
