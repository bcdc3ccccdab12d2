import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { asFileError, FileError, InternalError } from '@pharmacist/core';

/** Closes files whose owner nobody holds any more. */
const forgotten = new FinalizationRegistry<number>((file) => closeSync(file));
/** Read at once while records are asked for one after the other. */
const WINDOW_BYTES = 1 << 18;
/** Bytes that may be passed over on the way to the next record before it counts as one out of order. */
const GAP_BYTES = 1 << 15;
const SLAB_BYTES = 1 << 18;
/** Of every number that is stored. */
const ALIGNMENT = 8;

/**
 * Bytes that are written one after the other and read from anywhere, in a file of TMPDIR that has no name from the beginning: whatever ends the program,
 * nothing is left of it. Plain bytes rather than Arrow or Parquet: a single record is read by one call, where Parquet would unpack a page of its neighbours, and
 * Arrow would need memory mapping, which Node does not have.
 */
export class SpillFile {
  readonly #file: number;
  #numBytes = 0;
  #window: { readonly start: number; readonly bytes: Buffer } = { start: 0, bytes: Buffer.alloc(0) };
  #slab = { bytes: Buffer.alloc(0), used: 0 };

  /** @throws {FileError} naming the folder, if it cannot be made. */
  constructor() {
    try {
      const folder = mkdtempSync(join(tmpdir(), 'pharmacist-'));
      try {
        this.#file = openSync(join(folder, 'rows'), 'wx+');
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    } catch (error) {
      throw spillError(error);
    }
    forgotten.register(this, this.#file, this);
  }

  get numBytes(): number {
    return this.#numBytes;
  }

  /** @throws {FileError} if there is no room. */
  write(bytes: Uint8Array): void {
    try {
      for (let done = 0; done < bytes.length;) {
        done += writeSync(this.#file, bytes, done, bytes.length - done, this.#numBytes + done);
      }
    } catch (error) {
      throw spillError(error);
    }
    this.#numBytes += bytes.length;
  }

  /** Bytes from one place up to another, aligned to eight if `start` is. They stay as they are. */
  read(start: number, end: number): Buffer {
    const { start: from, bytes } = this.#window;
    const to = from + bytes.length;
    if (start >= from && end <= to) return bytes.subarray(start - from, end - from);
    if (start >= from && start <= to + GAP_BYTES && end - start < WINDOW_BYTES) {
      // A window that was given out is never filled again.
      const aligned = start - (start % ALIGNMENT);
      const window = Buffer.allocUnsafeSlow(Math.min(WINDOW_BYTES + ALIGNMENT, this.#numBytes - aligned));
      this.readInto(window, aligned);
      this.#window = { start: aligned, bytes: window };
      return window.subarray(start - aligned, end - aligned);
    }
    const own = this.#room(end - start);
    this.readInto(own, start);
    return own;
  }

  /** Fills an array with the bytes from `start` on. */
  readInto(target: Buffer, start: number): void {
    let done = 0;
    try {
      while (done < target.length) {
        const numRead = readSync(this.#file, target, done, target.length - done, start + done);
        if (numRead === 0) throw new InternalError('a temporary file is shorter than what was written to it', { where: tmpdir() });
        done += numRead;
      }
    } catch (error) {
      throw asFileError(error, tmpdir(), 'read');
    }
  }

  /** Gives the room back now, and not when this is forgotten. */
  [Symbol.dispose](): void {
    forgotten.unregister(this);
    closeSync(this.#file);
  }

  #room(numBytes: number): Buffer {
    if (numBytes > SLAB_BYTES / 4) return Buffer.allocUnsafeSlow(numBytes);
    if (this.#slab.used + numBytes > this.#slab.bytes.length) this.#slab = { bytes: Buffer.allocUnsafeSlow(SLAB_BYTES), used: 0 };
    const { bytes, used } = this.#slab;
    this.#slab.used += Math.ceil(numBytes / ALIGNMENT) * ALIGNMENT;
    return bytes.subarray(used, used + numBytes);
  }
}

function spillError(error: unknown): unknown {
  const fileError = asFileError(error, tmpdir(), 'written');
  if (!(fileError instanceof FileError)) return fileError;
  return new FileError(`rows that do not fit into memory are kept there meanwhile, and it ${fileError.message}`, {
    where: tmpdir(),
    hint: 'free some space there, or name another folder in TMPDIR',
    cause: error,
  });
}
