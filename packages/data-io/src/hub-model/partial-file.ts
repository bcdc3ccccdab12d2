import type { Hash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';

const READ_BYTES = 1 << 20;

/** The part of a file that is there so far, hashed as it grows. What it throws is the file system's. */
export class PartialFile {
  readonly path: string;
  readonly #file: FileHandle;
  readonly #newHash: () => Hash;
  #hash: Hash;
  #numBytes = 0;

  private constructor(path: string, file: FileHandle, newHash: () => Hash) {
    this.path = path;
    this.#file = file;
    this.#newHash = newHash;
    this.#hash = newHash();
  }

  /** Makes the file, or goes on with what it holds. Whoever opens it closes it. */
  static async open(path: string, newHash: () => Hash): Promise<PartialFile> {
    const file = await open(path, 'a+');
    const part = new PartialFile(path, file, newHash);
    try {
      for await (const piece of file.createReadStream({ start: 0, autoClose: false, highWaterMark: READ_BYTES }))
        part.#count(piece as Buffer);
      return part;
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  get numBytes(): number {
    return this.#numBytes;
  }

  /** Writes all of a piece behind what is there. */
  async append(piece: Uint8Array): Promise<void> {
    await this.#file.appendFile(piece);
    this.#count(piece);
  }

  async clear(): Promise<void> {
    await this.#file.truncate();
    [this.#hash, this.#numBytes] = [this.#newHash(), 0];
  }

  /** Hexadecimal hash of what is there; nothing is added afterwards. */
  digest(): string {
    return this.#hash.digest('hex');
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  #count(piece: Uint8Array): void {
    this.#hash.update(piece);
    this.#numBytes += piece.length;
  }
}
