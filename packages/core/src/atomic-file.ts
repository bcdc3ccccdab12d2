import { randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { open, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { FileError } from './errors.ts';
import { assertFence } from './fence.ts';
import { parseJson } from './json-text.ts';
import { makeFolder } from './make-folder.ts';

/** Bytes of one file: at once, or piece by piece. */
export type FileContents = string | Uint8Array | Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array>;

/**
 * Writes a whole file or nothing: the bytes go to a neighbour, are flushed to disk, and the neighbour is renamed over `path`.
 * A reader, and a run that was killed, sees the old file or the new one, never a part.
 * @throws {FileError} naming the path when the disk is full, the folder is not writable, or `path` is a folder.
 * @throws {SupersededError} below a run's directory whose lock this process had and has lost.
 */
export async function writeFileAtomic(path: string, contents: FileContents): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${randomUUID()}.partial`);
  try {
    await makeFolder(dirname(path));
    if (typeof contents === 'string' || contents instanceof Uint8Array) {
      const file = await open(temporary, 'wx');
      try {
        await file.writeFile(contents);
        await file.sync();
      } finally {
        await file.close();
      }
    } else {
      await pipeline(Readable.from(contents), createWriteStream(temporary, { flags: 'wx', flush: true }));
    }
    await assertFence(path);
    await rename(temporary, path);
  } catch (error) {
    // The first error is the one to report, whatever happens to the neighbour.
    await rm(temporary, { force: true }).catch(() => undefined);
    throw asFileError(error, path, 'written');
  }
}

/** Pretty-printed JSON with a final newline, written atomically. */
export async function writeJsonAtomic(path: string, value: unknown): Promise<void> {
  await writeFileAtomic(path, `${JSON.stringify(value, null, 2)}\n`);
}

/** @throws {FileError} if the file is missing, not JSON or nested without end, or longer than any such file is. */
export async function readJson(path: string): Promise<unknown> {
  const text = await readText(path);
  try {
    return parseJson(text);
  } catch (error) {
    throw new FileError(`is not valid JSON (${(error as Error).message})`, {
      where: path,
      hint: 'restore the file or delete it',
      cause: error,
    });
  }
}

const READ_BYTES = 1 << 20;
/** Longest text file that is read at once: more than any configuration, vocabulary or record of a run has, and less than a string may hold. */
const MAX_TEXT_BYTES = 256 * 2 ** 20;

/** @throws {FileError} if the file cannot be read, or has more than 256 MiB (a device without end, too). */
export async function readText(path: string): Promise<string> {
  const pieces: Buffer[] = [];
  let numBytes = 0;
  try {
    for await (const piece of createReadStream(path, { highWaterMark: READ_BYTES }) as AsyncIterable<Buffer>) {
      pieces.push(piece);
      numBytes += piece.byteLength;
      if (numBytes > MAX_TEXT_BYTES) {
        throw new FileError(`has more than ${MAX_TEXT_BYTES / 2 ** 20} MiB, more than a file of this kind can have`, {
          where: path,
          hint: 'name the right file, or restore it',
        });
      }
    }
  } catch (error) {
    throw asFileError(error, path, 'read');
  }
  return Buffer.concat(pieces).toString('utf8');
}

/** True if something exists at `path`, of any kind. */
export async function pathExists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT' || (error as NodeJS.ErrnoException).code === 'ENOTDIR') return false;
    throw asFileError(error, path, 'read');
  }
}

const REASONS: Record<string, [what: string, hint: string]> = {
  ENOENT: ['does not exist', 'check the path'],
  ENOSPC: ['no space left on the device', 'free some space, then run the same command again: it continues'],
  EDQUOT: ['the disk quota is used up', 'free some space, then run the same command again: it continues'],
  EACCES: ['permission denied', 'check the permissions of the file and its folder'],
  EPERM: ['operation not permitted', 'check the permissions of the file and its folder'],
  EROFS: ['the file system is read-only', 'choose another folder'],
  EISDIR: ['is a folder', 'name a file'],
  ENOTDIR: ['a part of the path is a file, not a folder', 'choose another path'],
  EEXIST: ['a part of the path is a file, not a folder', 'choose another path'],
  ENAMETOOLONG: ['the name is too long', 'choose a shorter path'],
  ELOOP: ['its links lead in a circle', 'correct the links, or name the file itself'],
  EIO: ['the device reports an error', 'check the disk or the network drive, or copy the file elsewhere'],
  ESTALE: ['the network drive has lost it', 'mount the drive again'],
  EBUSY: ['it is in use', 'try again when nothing else uses it'],
  ENXIO: ['nothing answers behind this name', 'check the path'],
  EMFILE: ['too many open files', 'raise the limit on open files (ulimit -n)'],
};

/** What Node makes of bytes in a name that are not UTF-8: it cannot open such a file, whatever the name looks like. */
const REPLACEMENT = '\ufffd';
const NOT_UTF8 = [
  'no file has this name, or its name is not UTF-8 text and reaches the program changed',
  'rename the file, or read it through a pipe: `-`',
] as const;

/** Turns an operating-system error into one that says which file and what to do; passes every other error on. */
export function asFileError(error: unknown, path: string, action: 'read' | 'written'): unknown {
  const code = (error as NodeJS.ErrnoException | null)?.code;
  if (typeof code !== 'string' || !(code in REASONS)) return error;
  const isRenamed = code === 'ENOENT' && path.includes(REPLACEMENT);
  const [what, hint] = isRenamed ? NOT_UTF8 : REASONS[code]!;
  return new FileError(`cannot be ${action}: ${what}`, { where: path, hint, cause: error, details: { code } });
}
