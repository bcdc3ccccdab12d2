import { mkdtemp, open, rm, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { asFileError } from '@pharmacist/core';
import type { OpenSource } from './open-source.ts';

/**
 * Parquet and Arrow files are read back to front: gives a file handle on the plain bytes. A plain file is read through once for its
 * hash; anything else passes through a temporary file, which is removed afterwards, so that memory stays bounded.
 */
export async function* withRandomAccess<T>(
  source: OpenSource,
  read: (file: FileHandle, numBytes: number) => AsyncIterable<T>,
): AsyncGenerator<T> {
  let folder: string | undefined;
  let file: FileHandle | undefined;
  try {
    if (source.plainPath === undefined) {
      folder = await mkdtemp(join(tmpdir(), 'pharmacist-'));
      file = await spool(source, join(folder, 'rows'));
    } else {
      for await (const _ of source.bytes);
      file = await open(source.plainPath, 'r').catch((error: unknown) => {
        throw asFileError(error, source.label, 'read');
      });
    }
    yield* read(file, (await file.stat()).size);
  } finally {
    await file?.close();
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  }
}

async function spool(source: OpenSource, path: string): Promise<FileHandle> {
  const file = await open(path, 'wx+');
  try {
    for await (const piece of source.bytes) {
      await file.writeFile(piece).catch((error: unknown) => {
        throw asFileError(error, path, 'written');
      });
    }
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}
