import { readSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { asFileError, writeFileAtomic } from './atomic-file.ts';
import { parseJson } from './json-text.ts';

export type StateArray = Float32Array | Float64Array | Int32Array;

/** A checkpoint: a JSON value and named number arrays. */
export interface State {
  meta: Record<string, unknown>;
  arrays: Record<string, StateArray>;
}

const MAGIC = Buffer.from('pharmst1', 'latin1');
const DIGEST_BYTES = 32;
const HEADER_AT = MAGIC.length + DIGEST_BYTES + 4;
const DTYPES = { f32: Float32Array, f64: Float64Array, i32: Int32Array } as const;
type Dtype = keyof typeof DTYPES;

const headerSchema = z.object({
  meta: z.record(z.string(), z.unknown()),
  arrays: z.array(z.object({ name: z.string(), dtype: z.enum(['f32', 'f64', 'i32']), length: z.int().nonnegative() })),
});
type Header = z.infer<typeof headerSchema>;

/** Writes a checkpoint in one atomic file (`encodeState`). @throws {FileError} if it cannot be written; the checkpoint that was there before stays whole. */
export async function writeStateFile(path: string, state: State): Promise<void> {
  await writeFileAtomic(path, encodeState(state));
}

/**
 * A checkpoint as bytes, in parts: `pharmst1`, the SHA-256 of all that follows it, a u32 header length, the header as
 * JSON, then the arrays' raw bytes in the header's order. Numbers are little-endian, which every machine that runs this engine is.
 */
export function encodeState({ meta, arrays }: State): Uint8Array[] {
  const entries = Object.entries(arrays);
  const header: Header = { meta, arrays: entries.map(([name, array]) => ({ name, dtype: dtypeOf(array), length: array.length })) };
  const headerBytes = Buffer.from(JSON.stringify(header));
  const headerLength = Buffer.alloc(4);
  headerLength.writeUInt32LE(headerBytes.length);
  const body = [headerLength, headerBytes, ...entries.map(([, array]) => new Uint8Array(array.buffer, array.byteOffset, array.byteLength))];
  return [MAGIC, digest(body), ...body];
}

/**
 * Reads a checkpoint that `writeStateFile` wrote. A damaged one is a value, not an error: the caller warns and starts over. Memory: its arrays, once.
 * @throws {FileError} if the file is there and cannot be read.
 */
export async function readStateFile(path: string): Promise<State | 'missing' | 'damaged'> {
  try {
    const file = await open(path);
    try {
      const { size } = await file.stat();
      return stateFrom(size, (target) => fillFrom(file.fd, target));
    } finally {
      await file.close();
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 'missing';
    throw asFileError(error, path, 'read');
  }
}

/** A checkpoint of the bytes that `encodeState` made. */
export function decodeState(bytes: Buffer): State | 'damaged' {
  let done = 0;
  return stateFrom(bytes.length, (target) => {
    target.set(bytes.subarray(done, done + target.length));
    done += target.length;
    return done <= bytes.length;
  });
}

/** @param size of all bytes. @param fill puts the next of them into an array; false if there are not so many. */
function stateFrom(size: number, fill: (target: Uint8Array) => boolean): State | 'damaged' {
  const start = Buffer.alloc(HEADER_AT);
  if (size < HEADER_AT || !fill(start) || !start.subarray(0, MAGIC.length).equals(MAGIC)) return 'damaged';
  const hash = createHash('sha256').update(start.subarray(MAGIC.length + DIGEST_BYTES));
  // Until the digest holds, nobody knows what this is: lengths are compared with the size before memory is taken for them.
  const headerLength = start.readUInt32LE(MAGIC.length + DIGEST_BYTES);
  if (HEADER_AT + headerLength > size) return 'damaged';
  const headerBytes = Buffer.alloc(headerLength);
  if (!fill(headerBytes)) return 'damaged';
  hash.update(headerBytes);
  const header = headerOf(headerBytes.toString('utf8'));
  if (header === undefined) return 'damaged';
  const numBytes = header.arrays.reduce((sum, { dtype, length }) => sum + length * DTYPES[dtype].BYTES_PER_ELEMENT, 0);
  if (HEADER_AT + headerLength + numBytes !== size) return 'damaged';
  const arrays: Record<string, StateArray> = {};
  for (const { name, dtype, length } of header.arrays) {
    const array = new DTYPES[dtype](length);
    const bytes = new Uint8Array(array.buffer);
    if (!fill(bytes)) return 'damaged';
    hash.update(bytes);
    arrays[name] = array;
  }
  return hash.digest().equals(start.subarray(MAGIC.length, MAGIC.length + DIGEST_BYTES)) ? { meta: header.meta, arrays } : 'damaged';
}

/** Most bytes of one call of the system. */
const READ_BYTES = 2 ** 30;

function fillFrom(file: number, target: Uint8Array): boolean {
  for (let done = 0; done < target.length;) {
    const numRead = readSync(file, target, done, Math.min(READ_BYTES, target.length - done), null);
    if (numRead === 0) return false;
    done += numRead;
  }
  return true;
}

function headerOf(text: string): Header | undefined {
  try {
    return headerSchema.safeParse(parseJson(text)).data;
  } catch {
    return undefined;
  }
}

function dtypeOf(array: StateArray): Dtype {
  if (array instanceof Float32Array) return 'f32';
  return array instanceof Float64Array ? 'f64' : 'i32';
}

function digest(parts: readonly Uint8Array[]): Buffer {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
}
