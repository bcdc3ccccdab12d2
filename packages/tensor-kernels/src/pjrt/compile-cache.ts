import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { sha256, writeFileAtomic } from '@pharmacist/core';

/**
 * Executables on disk: what XLA made of a program is read back in a fraction of the time, and a run that goes on in another process uses the
 * very code that it began with (a GPU's products are tuned by timing, which may choose otherwise a second time).
 */
export class CompileCache {
  readonly #dir: string;
  readonly #identity: string;

  /** @param identity plugin, its version and the device: code of another is not loaded. @param dir where files lie. */
  constructor(identity: string, dir: string = defaultCacheDir()) {
    this.#identity = identity;
    this.#dir = dir;
  }

  /** @param text the program in StableHLO. */
  keyOf(text: string, options: Uint8Array): string {
    return sha256(`${this.#identity}\n${Buffer.from(options).toString('hex')}\n${text}`);
  }

  async read(key: string): Promise<Uint8Array | undefined> {
    return await readFile(this.#pathOf(key)).catch(() => undefined);
  }

  /** A cache that cannot be written is none: the program was compiled all the same. */
  async write(key: string, bytes: Uint8Array): Promise<void> {
    await writeFileAtomic(this.#pathOf(key), bytes).catch(() => undefined);
  }

  #pathOf(key: string): string {
    return join(this.#dir, `${key}.xla`);
  }
}

/** `$XDG_CACHE_HOME/pharmacist/pjrt`, or the same below `~/.cache`. */
export function defaultCacheDir(): string {
  return join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'pharmacist', 'pjrt');
}
