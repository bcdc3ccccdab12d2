import { createHash, type Hash } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import { asFileError, ModelError, writeFileAtomic } from '@pharmacist/core';
import { float32ToBfloat16, float32ToFloat16, type HalfTensor, type HostTensor, isHalf, widened } from '@pharmacist/tensor-kernels';
import { type FileIdentity, identityOf, isSameFile } from './known-files.ts';
import { refusePointer } from './pointer.ts';
import { headerLength, parseHeader, type SafetensorsHeader, type TensorInfo } from './safetensors-header.ts';

/** One read of the operating system moves less than 2 GiB. */
const MAX_READ_BYTES = 1 << 30;
/** Read, then hashed while the next one is read. */
const PIECE_BYTES = 4 * 2 ** 20;

export interface ReadAllOptions {
  readonly knownHash?: string | undefined;
  /** Which tensors are handed on. */
  readonly isWanted?: (name: string) => boolean;
}

/** An open safetensors file: the header is checked, tensors are read one by one when asked for. Close it. */
export class SafetensorsFile {
  readonly path: string;
  readonly tensors: SafetensorsHeader['tensors'];
  readonly metadata: SafetensorsHeader['metadata'];
  /** As it was when it was opened. */
  readonly identity: FileIdentity;
  readonly #file: FileHandle;

  private constructor(path: string, header: SafetensorsHeader, file: FileHandle, identity: FileIdentity) {
    this.path = path;
    this.identity = identity;
    this.tensors = header.tensors;
    this.metadata = header.metadata;
    this.#file = file;
  }

  /**
   * @throws {FileError} if the file cannot be read.
   * @throws {ModelError} naming file and tensor if the header lies about the file.
   */
  static async open(path: string): Promise<SafetensorsFile> {
    await refusePointer(path);
    const file = await openForReading(path);
    try {
      const identity = await identityOf(file);
      const size = Number(identity.size);
      const prefix = await readBytes(file, path, 0, Math.min(8, size));
      const header = await readBytes(file, path, 8, headerLength(prefix, size, path));
      return new SafetensorsFile(path, parseHeader(header, size, path), file, identity);
    } catch (error) {
      await file.close();
      throw asFileError(error, path, 'read');
    }
  }

  /**
   * One tensor: F32, F64, F16 and BF16 become f32; I32, I64, U8 and BOOL become i32.
   * @throws {ModelError} if there is no such tensor, or an I64 value does not fit into 32 bits.
   */
  async read(name: string): Promise<HostTensor> {
    const info = this.tensors.get(name);
    if (info === undefined) throw new ModelError(`has no tensor "${name}"`, { where: this.path, hint: 'check the name of the tensor' });
    const bytes = await readBytes(this.#file, this.path, info.begin, info.end - info.begin);
    const tensor = decodeTensor(name, info, bytes, this.path);
    return isHalf(tensor) ? widened(tensor) : tensor;
  }

  /**
   * Reads the file once, tensor by tensor as they lie in it; F16 and BF16 stay sixteen bits. No other copy of a tensor is kept.
   * @param take gets each tensor as its own, and the next is read when it is done.
   * @returns SHA-256 of the file's bytes: `knownHash` where that is given, for which nothing is computed and only what is wanted is read.
   * @throws {ModelError} as `read`; whatever `take` throws.
   */
  async readAll(
    take: (name: string, tensor: HostTensor | HalfTensor) => Promise<void>,
    { knownHash, isWanted = () => true }: ReadAllOptions = {},
  ): Promise<string> {
    const ordered = [...this.tensors].sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end);
    const hash = knownHash === undefined ? createHash('sha256') : undefined;
    const dataStart = ordered[0]?.[1].begin ?? (await this.#file.stat()).size;
    hash?.update(await readBytes(this.#file, this.path, 0, dataStart));
    for (const [name, info] of ordered) {
      if (hash === undefined && !isWanted(name)) continue;
      const bytes = await this.#readHashed(info, hash);
      if (isWanted(name)) await take(name, decodeTensor(name, info, bytes, this.path));
    }
    return knownHash ?? hash!.digest('hex');
  }

  /**
   * The bytes of a tensor, piece by piece: one is hashed while the next is read. (No tensor is begun while another is here: beyond 64 MB in typed
   * arrays V8 collects garbage for each further one, a second of the processor for 2.5 GB.)
   */
  async #readHashed({ begin, end }: TensorInfo, hash: Hash | undefined): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = roomFor(end - begin, this.path);
    let read = new Uint8Array(0);
    for (let done = 0; done < bytes.byteLength; done += PIECE_BYTES) {
      const piece = bytes.subarray(done, done + PIECE_BYTES);
      const reading = readInto(piece, this.#file, this.path, begin + done);
      hash?.update(read);
      await reading;
      read = piece;
    }
    hash?.update(read);
    return bytes;
  }

  /** The bytes of one tensor as they are stored. @throws {ModelError} if there is no such tensor. */
  async readStored(name: string): Promise<Uint8Array> {
    const info = this.tensors.get(name);
    if (info === undefined) throw new ModelError(`has no tensor "${name}"`, { where: this.path, hint: 'check the name of the tensor' });
    return await readBytes(this.#file, this.path, info.begin, info.end - info.begin);
  }

  /** Whether the file is as it was when it was opened. */
  async isUnchanged(): Promise<boolean> {
    return isSameFile(this.identity, await identityOf(this.#file));
  }

  /** @throws {ModelError} if it is not. */
  async assertUnchanged(): Promise<void> {
    if (await this.isUnchanged()) return;
    throw new ModelError('changed while it was read', { where: this.path, hint: 'wait until it is complete, and try again' });
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}

/** Every tensor of a file, in the order of the header. Errors as for {@link SafetensorsFile}. */
export async function readSafetensors(path: string): Promise<{ tensors: Map<string, HostTensor>; metadata: Record<string, string> }> {
  const file = await SafetensorsFile.open(path);
  try {
    const tensors = new Map<string, HostTensor>();
    for (const name of file.tensors.keys()) tensors.set(name, await file.read(name));
    return { tensors, metadata: { ...file.metadata } };
  } finally {
    await file.close();
  }
}

export interface WriteSafetensorsOptions {
  /** Element type of f32 tensors in the file, rounded to nearest even; i32 tensors stay I32. */
  readonly dtype?: 'F32' | 'BF16' | 'F16';
  readonly metadata?: Readonly<Record<string, string>>;
}

/**
 * Writes a whole file or nothing. Equal tensors and metadata give equal bytes: as in the reference writer, wide elements come first, then
 * names in code-unit order, and the header is padded with spaces to a multiple of 8 bytes.
 */
export async function writeSafetensors(
  path: string,
  tensors: ReadonlyMap<string, HostTensor>,
  { dtype = 'F32', metadata = {} }: WriteSafetensorsOptions = {},
): Promise<void> {
  const ordered = [...tensors]
    .map(([name, tensor]) => ({ name, tensor, dtype: tensor.dtype === 'int32' ? ('I32' as const) : dtype }))
    .sort((a, b) => elementBytes(b.dtype) - elementBytes(a.dtype) || compareText(a.name, b.name));
  const header: [string, unknown][] = [];
  const metadataKeys = Object.keys(metadata).sort(compareText);
  if (metadataKeys.length > 0) header.push(['__metadata__', Object.fromEntries(metadataKeys.map((key) => [key, metadata[key]]))]);
  let offset = 0;
  for (const { name, tensor, dtype: stored } of ordered) {
    const end = offset + tensor.data.length * elementBytes(stored);
    header.push([name, { dtype: stored, shape: tensor.shape, data_offsets: [offset, end] }]);
    offset = end;
  }
  await writeFileAtomic(path, fileParts(headerBytes(header), ordered));
}

function* fileParts(
  header: Uint8Array,
  ordered: readonly { tensor: HostTensor; dtype: 'F32' | 'BF16' | 'F16' | 'I32' }[],
): Generator<Uint8Array> {
  yield header;
  for (const { tensor, dtype } of ordered) {
    const { data } = tensor;
    if (data.length === 0) continue;
    if (data instanceof Float32Array && dtype === 'BF16') yield bytesOf(float32ToBfloat16(data));
    else if (data instanceof Float32Array && dtype === 'F16') yield bytesOf(float32ToFloat16(data));
    else yield bytesOf(data);
  }
}

/** The length and the JSON of a header; offsets count from its end. */
export function headerBytes(entries: readonly [string, unknown][]): Uint8Array {
  const json = Buffer.from(`{${entries.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`).join(',')}}`, 'utf8');
  const padded = Math.ceil(json.byteLength / 8) * 8;
  const bytes = Buffer.alloc(8 + padded, ' ');
  bytes.writeBigUInt64LE(BigInt(padded), 0);
  json.copy(bytes, 8);
  return bytes;
}

function decodeTensor(name: string, { dtype, shape }: TensorInfo, bytes: Uint8Array, path: string): HostTensor | HalfTensor {
  // `bytes` is a fresh buffer at offset 0, so every view is aligned whatever the tensor's offset in the file was.
  const { buffer } = bytes;
  const numElements = shape.reduce((product, dim) => product * dim, 1);
  switch (dtype) {
    case 'F32':
      return { shape, dtype: 'float32', data: new Float32Array(buffer, 0, numElements) };
    case 'F64':
      return { shape, dtype: 'float32', data: Float32Array.from(new Float64Array(buffer, 0, numElements)) };
    case 'F16':
      return { shape, dtype: 'float16', data: new Uint16Array(buffer, 0, numElements) };
    case 'BF16':
      return { shape, dtype: 'bfloat16', data: new Uint16Array(buffer, 0, numElements) };
    case 'I32':
      return { shape, dtype: 'int32', data: new Int32Array(buffer, 0, numElements) };
    case 'I64':
      return { shape, dtype: 'int32', data: narrow(name, new BigInt64Array(buffer, 0, numElements), path) };
    case 'U8':
    case 'BOOL':
      return { shape, dtype: 'int32', data: Int32Array.from(bytes) };
  }
}

function narrow(name: string, values: BigInt64Array, path: string): Int32Array {
  return Int32Array.from(values, (value, index) => {
    if (BigInt.asIntN(32, value) !== value) {
      throw new ModelError(`tensor "${name}" holds ${value} at index ${index}, which does not fit into 32 bits`, {
        where: path,
        hint: 'store the tensor as I32 or leave it out',
      });
    }
    return Number(value);
  });
}

async function openForReading(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r');
  } catch (error) {
    throw asFileError(error, path, 'read');
  }
}

async function readBytes(file: FileHandle, path: string, position: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = roomFor(length, path);
  await readInto(bytes, file, path, position);
  return bytes;
}

async function readInto(bytes: Uint8Array, file: FileHandle, path: string, position: number): Promise<void> {
  for (let done = 0; done < bytes.byteLength;) {
    const { bytesRead } = await file.read(bytes, done, Math.min(bytes.byteLength - done, MAX_READ_BYTES), position + done);
    if (bytesRead === 0) throw new ModelError('became shorter while it was read', { where: path, hint: 'download or export it again' });
    done += bytesRead;
  }
}

function roomFor(length: number, path: string): Uint8Array<ArrayBuffer> {
  try {
    // All of it is read into: filling it with zeros first would take as long as the reading.
    return Buffer.allocUnsafeSlow(length);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const what = `holds a tensor of ${(length / 2 ** 30).toFixed(1)} GiB, for which there is no memory`;
    throw new ModelError(what, { where: path, hint: 'use a smaller model, or a machine with more memory', cause: error });
  }
}

function elementBytes(dtype: 'F32' | 'BF16' | 'F16' | 'I32'): number {
  return dtype === 'F32' || dtype === 'I32' ? 4 : 2;
}

function bytesOf(data: Float32Array | Int32Array | Uint16Array): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/** Order of names in a file: by code units. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
