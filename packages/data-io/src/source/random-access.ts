import { mkdtemp, open, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { asFileError, FileError } from '@pharmacist/core';
import type { RowFile } from './row-file.ts';

/**
 * Parquet and Arrow files are read back to front: gives the path of the plain bytes. A plain file is read through once for its
 * hash, while its first records are decoded; anything else passes through a temporary file, which is removed afterwards, so that memory
 * stays bounded.
 */
export async function* withRandomAccess<T>(
  source: RowFile,
  read: (path: string, numBytes: number) => AsyncGenerator<T>,
): AsyncGenerator<T> {
  if (source.plainPath !== undefined)
    return yield* hashedMeanwhile(source, read(source.plainPath, await sizeOf(source.plainPath, source.label)));
  const folder = await temporaryFolder(source.label);
  try {
    const path = join(folder, 'rows');
    await spool(source, path);
    yield* read(path, await sizeOf(path, source.label));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function* hashedMeanwhile<T>(source: RowFile, items: AsyncGenerator<T>): AsyncGenerator<T> {
  const first = items.next();
  try {
    // What stops the reading stops the decoding as well; its error comes second.
    first.catch(() => {});
    for await (const _ of source.bytes);
    const { value, done } = await first;
    if (done === true) return;
    yield value;
    yield* items;
  } finally {
    await items.return(undefined);
  }
}

async function sizeOf(path: string, label: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    throw asFileError(error, label, 'read');
  }
}

async function temporaryFolder(label: string): Promise<string> {
  try {
    return await mkdtemp(join(tmpdir(), 'pharmacist-'));
  } catch (error) {
    throw temporaryError(error, tmpdir(), label);
  }
}

async function spool(source: RowFile, path: string): Promise<void> {
  const file = await open(path, 'wx');
  try {
    for await (const piece of source.bytes) {
      await file.writeFile(piece).catch((error: unknown) => {
        throw temporaryError(error, path, source.label);
      });
    }
  } finally {
    await file.close();
  }
}

/** Nothing is kept there from one command to the next, so that the usual advice does not hold. */
function temporaryError(error: unknown, path: string, label: string): unknown {
  const fileError = asFileError(error, path, 'written');
  if (!(fileError instanceof FileError)) return fileError;
  return new FileError(`the temporary copy of ${label} ${fileError.message}`, {
    where: path,
    hint: 'free some space there, name another folder in TMPDIR, or unpack the file and name the result',
    cause: error,
  });
}
