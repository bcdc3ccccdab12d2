import { readFile } from 'node:fs/promises';
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
 * Reads a checkpoint that `writeStateFile` wrote. A damaged one is a value, not an error: the caller warns and starts over.
 * @throws {FileError} if the file is there and cannot be read.
 */
export async function readStateFile(path: string): Promise<State | 'missing' | 'damaged'> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 'missing';
    throw asFileError(error, path, 'read');
  }
  return decodeState(bytes);
}

/** A checkpoint of the bytes that `encodeState` made. */
export function decodeState(bytes: Buffer): State | 'damaged' {
  if (bytes.length < HEADER_AT || !bytes.subarray(0, MAGIC.length).equals(MAGIC)) return 'damaged';
  const body = bytes.subarray(MAGIC.length + DIGEST_BYTES);
  if (!digest([body]).equals(bytes.subarray(MAGIC.length, MAGIC.length + DIGEST_BYTES))) return 'damaged';

  // The digest holds, so the rest is as it was written; by what, it does not say.
  const headerEnd = HEADER_AT + body.readUInt32LE(0);
  const header = headerOf(bytes.toString('utf8', HEADER_AT, headerEnd));
  if (header === undefined) return 'damaged';
  const numBytes = header.arrays.reduce((sum, { dtype, length }) => sum + length * DTYPES[dtype].BYTES_PER_ELEMENT, 0);
  if (headerEnd + numBytes !== bytes.length) return 'damaged';
  const arrays: Record<string, StateArray> = {};
  let offset = headerEnd;
  for (const { name, dtype, length } of header.arrays) {
    const array = new DTYPES[dtype](length);
    new Uint8Array(array.buffer).set(bytes.subarray(offset, offset + array.byteLength));
    arrays[name] = array;
    offset += array.byteLength;
  }
  return { meta: header.meta, arrays };
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
