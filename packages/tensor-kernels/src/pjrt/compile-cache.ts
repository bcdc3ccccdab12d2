import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder, makeRoomIn, markUsed, sha256, writeFileAtomic } from '@pharmacist/core';

/** Bytes that stay on disk: some thousand programs of a small model, some hundred of a large one. */
const MAX_BYTES = 4 * 2 ** 30;
const ENDING = '.xla';

export interface CompileCacheOptions {
  /** Where files lie; the cache folder of the account if left out. */
  readonly dir?: string;
  /** Most bytes that stay; what was used least recently goes first. */
  readonly maxBytes?: number;
}

/**
 * Executables on disk: what XLA made of a program is read back in a fraction of the time, and a run that goes on in another process uses the
 * very code that it began with (a GPU's products are tuned by timing, which may choose otherwise a second time).
 */
export class CompileCache {
  /** Undefined for an account without a home: nothing is kept. */
  readonly #dir: string | undefined;
  readonly #maxBytes: number;
  readonly #identity: string;

  /** @param identity plugin, its version and the device: code of another is not loaded. */
  constructor(identity: string, { dir = cacheFolder('pjrt'), maxBytes = MAX_BYTES }: CompileCacheOptions = {}) {
    this.#identity = identity;
    this.#dir = dir;
    this.#maxBytes = maxBytes;
  }

  /** @param text the program in StableHLO. */
  keyOf(text: string, options: Uint8Array): string {
    return sha256(`${this.#identity}\n${Buffer.from(options).toString('hex')}\n${text}`);
  }

  async read(key: string): Promise<Uint8Array | undefined> {
    if (this.#dir === undefined) return undefined;
    const path = join(this.#dir, `${key}${ENDING}`);
    const bytes = await readFile(path).catch(() => undefined);
    if (bytes !== undefined) await markUsed(path);
    return bytes;
  }

  /** A cache that cannot be written is none: the program was compiled all the same. */
  async write(key: string, bytes: Uint8Array): Promise<void> {
    if (this.#dir === undefined) return;
    try {
      await writeFileAtomic(join(this.#dir, `${key}${ENDING}`), bytes);
      await makeRoomIn(this.#dir, { ending: ENDING, maxBytes: this.#maxBytes });
    } catch {
      return;
    }
  }
}
