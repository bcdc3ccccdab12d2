import { mkdtemp, open, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { asFileError, FileError } from '@pharmacist/core';
import type { OpenSource } from './open-source.ts';

/**
 * Parquet and Arrow files are read back to front: gives the path of the plain bytes. A plain file is read through once for its
 * hash; anything else passes through a temporary file, which is removed afterwards, so that memory stays bounded.
 */
export async function* withRandomAccess<T>(
  source: OpenSource,
  read: (path: string, numBytes: number) => AsyncIterable<T>,
): AsyncGenerator<T> {
  let folder: string | undefined;
  try {
    let path = source.plainPath;
    if (path === undefined) {
      folder = await temporaryFolder(source.label);
      path = join(folder, 'rows');
      await spool(source, path);
    } else {
      for await (const _ of source.bytes);
    }
    const { size } = await stat(path).catch((error: unknown) => {
      throw asFileError(error, source.label, 'read');
    });
    yield* read(path, size);
  } finally {
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  }
}

async function temporaryFolder(label: string): Promise<string> {
  try {
    return await mkdtemp(join(tmpdir(), 'pharmacist-'));
  } catch (error) {
    throw temporaryError(error, tmpdir(), label);
  }
}

async function spool(source: OpenSource, path: string): Promise<void> {
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
