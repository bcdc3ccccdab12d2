import { ModelError, parseJson } from '@pharmacist/core';
import { findDuplicateKey } from './json-duplicates.ts';
import { shown } from './problem-list.ts';

/** Bytes per element of each supported safetensors dtype. */
const ELEMENT_BYTES = { F64: 8, F32: 4, F16: 2, BF16: 2, I64: 8, I32: 4, U8: 1, BOOL: 1 } as const;

export type SafetensorsDtype = keyof typeof ELEMENT_BYTES;

/** Where one tensor lies: bytes [begin, end) of the file. */
export interface TensorInfo {
  readonly dtype: SafetensorsDtype;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

export interface SafetensorsHeader {
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** The reference reader's limit; a longer header is a broken length field, not a model. */
const MAX_HEADER_BYTES = 100_000_000;
/** Ten times as many as the largest models have in all their files; an object of a million members takes seconds to parse. */
const MAX_TENSORS = 100_000;

const REPAIR = 'the file is damaged or was not written as safetensors: download or export it again';

/**
 * The length of the JSON header, from the first 8 bytes (u64, little-endian).
 * @throws {ModelError} if it is beyond the file or the format's limit.
 */
export function headerLength(prefix: Uint8Array, fileBytes: number, path: string): number {
  if (prefix.byteLength < 8) throw headerError(path, `has ${fileBytes} bytes; a safetensors file has at least 8`);
  const length = new DataView(prefix.buffer, prefix.byteOffset, 8).getBigUint64(0, true);
  if (length > BigInt(MAX_HEADER_BYTES)) throw headerError(path, `claims a header of ${length} bytes; the limit is ${MAX_HEADER_BYTES}`);
  if (8 + Number(length) > fileBytes) throw headerError(path, `claims a header of ${length} bytes, but has only ${fileBytes} bytes`);
  return Number(length);
}

/**
 * Checks a header completely before a byte of any tensor is read. As the reference reader does, it demands that the tensors fill the data
 * section without overlap, gap or rest.
 * @throws {ModelError} naming the file and, where there is one, the tensor.
 */
export function parseHeader(json: Uint8Array, fileBytes: number, path: string): SafetensorsHeader {
  const entries = parseJsonObject(json, path);
  const dataStart = 8 + json.byteLength;
  const dataBytes = fileBytes - dataStart;
  const tensors = new Map<string, TensorInfo>();
  let metadata: Record<string, string> = {};
  for (const [name, entry] of Object.entries(entries)) {
    if (name === '__metadata__') metadata = parseMetadata(entry, path);
    else tensors.set(name, parseTensorInfo(name, entry, dataStart, dataBytes, path));
  }
  checkCoverage(tensors, dataStart, fileBytes, path);
  return { tensors, metadata };
}

function parseJsonObject(json: Uint8Array, path: string): Record<string, unknown> {
  let text: string;
  let value: unknown;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(json);
    if (occursMoreOften(text, '"data_offsets"', MAX_TENSORS)) throw headerError(path, `describes more than ${MAX_TENSORS} tensors`);
    value = parseJson(text);
  } catch (error) {
    if (error instanceof ModelError) throw error;
    throw headerError(path, `has a header that is not JSON (${(error as Error).message})`);
  }
  if (!isRecord(value)) throw headerError(path, 'has a header that is not a JSON object');
  const duplicate = findDuplicateKey(text);
  if (duplicate !== undefined) throw headerError(path, 'appears twice in the header', duplicate);
  return value;
}

function parseMetadata(entry: unknown, path: string): Record<string, string> {
  if (!isRecord(entry)) throw headerError(path, 'is not an object', '__metadata__');
  for (const [key, value] of Object.entries(entry)) {
    if (typeof value !== 'string') throw headerError(path, `holds ${shown(key)}, whose value is not a string`, '__metadata__');
  }
  return entry as Record<string, string>;
}

function parseTensorInfo(name: string, entry: unknown, dataStart: number, dataBytes: number, path: string): TensorInfo {
  if (!isRecord(entry)) throw headerError(path, 'is not described by an object', name);
  const { dtype, shape, data_offsets: offsets } = entry;
  if (typeof dtype !== 'string' || !Object.hasOwn(ELEMENT_BYTES, dtype)) {
    const known = Object.keys(ELEMENT_BYTES).join(', ');
    throw new ModelError(`tensor ${shown(name)} has dtype ${shown(dtype)}; supported: ${known}`, {
      where: path,
      hint: 'export the model in one of these dtypes',
      details: { tensor: name },
    });
  }
  if (!Array.isArray(shape) || !shape.every(isCount)) throw headerError(path, `has shape ${shown(shape)}`, name);
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount)) {
    throw headerError(path, `has data_offsets ${shown(offsets)}`, name);
  }
  const [begin, end] = offsets as [number, number];
  if (begin > end || end > dataBytes) {
    throw headerError(path, `lies at bytes [${begin}, ${end}) of a data section of ${dataBytes} bytes`, name);
  }
  const bytes = (shape as number[]).reduce((product, dim) => product * dim, ELEMENT_BYTES[dtype as SafetensorsDtype]);
  if (bytes !== end - begin) {
    throw headerError(path, `of ${dtype} [${shape.join(', ')}] needs ${bytes} bytes, but its data_offsets span ${end - begin}`, name);
  }
  return { dtype: dtype as SafetensorsDtype, shape: shape as number[], begin: dataStart + begin, end: dataStart + end };
}

function checkCoverage(tensors: ReadonlyMap<string, TensorInfo>, dataStart: number, fileBytes: number, path: string): void {
  let covered = dataStart;
  for (const [name, { begin, end }] of [...tensors].sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end)) {
    if (begin < covered) throw headerError(path, `overlaps the tensor before it by ${covered - begin} bytes`, name);
    if (begin > covered) throw headerError(path, `starts ${begin - covered} bytes after the tensor before it ended`, name);
    covered = end;
  }
  if (covered !== fileBytes) throw headerError(path, `has ${fileBytes - covered} bytes that belong to no tensor`);
}

function headerError(path: string, what: string, tensor?: string): ModelError {
  return new ModelError(tensor === undefined ? what : `tensor ${shown(tensor)} ${what}`, {
    where: path,
    hint: REPAIR,
    details: tensor === undefined ? {} : { tensor },
  });
}

function occursMoreOften(text: string, part: string, limit: number): boolean {
  let count = 0;
  for (let at = text.indexOf(part); at !== -1 && count <= limit; at = text.indexOf(part, at + part.length)) count++;
  return count > limit;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
