import { type FileHandle, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder, readJson, writeJsonAtomic } from '@pharmacist/core';
import { z } from 'zod';

/** Below that a file is hashed faster than its entry is worth. */
const MIN_BYTES = 64 * 2 ** 20;
/** Two changes within one tick of a file system's clock look like one: the coarsest, FAT's, ticks every 2 s. */
const SETTLED_MS = 2000;

const digits = z.string().regex(/^-?\d+$/);
const hash = z.string().regex(/^[0-9a-f]{64}$/);
const identity = z.strictObject({ device: digits, inode: digits, size: digits, modifiedNs: digits, changedNs: digits });
const entry = z.strictObject({ file: identity, sha256: hash, finite: hash });

/**
 * What a file is known by. A change of its bytes changes the last of these at least, which no program can set; silent damage on the disk
 * changes none.
 */
export type FileIdentity = z.infer<typeof identity>;

/** What was found when all bytes of a file were read. */
export interface FileFacts {
  readonly sha256: string;
  /** SHA-256 of the names of the tensors that hold finite numbers only. */
  readonly finite: string;
}

export interface KnownFilesOptions {
  /** Where entries lie; undefined: nothing is remembered. */
  readonly dir?: string | undefined;
  readonly minBytes?: number;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

/**
 * Hashes of large files that were read before on this account: one small JSON file each, under device and inode. An entry counts only if this
 * account wrote it, it is whole, and the file is the very one; anything else is as good as none.
 */
export class KnownFiles {
  readonly #dir: string | undefined;
  readonly #minBytes: number;
  readonly #now: () => number;

  constructor({ dir = defaultDir(), minBytes = MIN_BYTES, now = Date.now }: KnownFilesOptions = {}) {
    this.#dir = dir;
    this.#minBytes = minBytes;
    this.#now = now;
  }

  async recall(file: FileIdentity): Promise<FileFacts | undefined> {
    const path = this.#pathOf(file);
    if (path === undefined) return undefined;
    try {
      const { uid, mode } = await stat(path);
      if (process.getuid !== undefined && (uid !== process.getuid() || (mode & 0o002) !== 0)) return undefined;
      const { file: known, ...facts } = entry.parse(await readJson(path));
      return isSameFile(known, file) ? facts : undefined;
    } catch {
      return undefined;
    }
  }

  /**
   * @param file as it was before its first byte was read, and is now that the last one was. One that was touched a moment ago is not
   * remembered; a folder that cannot be written remembers nothing.
   */
  async remember(file: FileIdentity, { sha256, finite }: FileFacts): Promise<void> {
    const path = this.#pathOf(file);
    const touchedMs = Math.max(...[file.modifiedNs, file.changedNs].map((time) => Number(BigInt(time) / 1_000_000n)));
    if (path === undefined || this.#now() - touchedMs <= SETTLED_MS) return;
    await writeJsonAtomic(path, { file, sha256, finite } satisfies z.infer<typeof entry>).catch(() => undefined);
  }

  #pathOf({ device, inode, size }: FileIdentity): string | undefined {
    return this.#dir === undefined || Number(size) < this.#minBytes ? undefined : join(this.#dir, `${device}-${inode}.json`);
  }
}

export async function identityOf(file: FileHandle): Promise<FileIdentity> {
  const { dev, ino, size, mtimeNs, ctimeNs } = await file.stat({ bigint: true });
  return { device: `${dev}`, inode: `${ino}`, size: `${size}`, modifiedNs: `${mtimeNs}`, changedNs: `${ctimeNs}` };
}

export function isSameFile(a: FileIdentity, b: FileIdentity): boolean {
  return Object.keys(identity.shape).every((key) => a[key as keyof FileIdentity] === b[key as keyof FileIdentity]);
}

/** In the cache folder of the account; none where PHARMACIST_REHASH is set to anything but 0. */
function defaultDir(): string | undefined {
  const rehash = process.env['PHARMACIST_REHASH'] ?? '';
  return rehash === '' || rehash === '0' ? cacheFolder('files') : undefined;
}
