import { open, stat, type FileHandle } from 'node:fs/promises';
import { resolve } from 'node:path';
import { asFileError, FileError, ModelError } from '@pharmacist/core';
import type { HostTensor } from '@pharmacist/tensor-kernels';
import { refusePointer } from '../pointer.ts';
import type { BlockFormat } from './block-format.ts';
import { BLOCK_FORMATS } from './formats.ts';
import { ggufFamily } from './gguf-family.ts';
import { readTextLists } from './text-lists.ts';

const REPAIR = 'the file is damaged or incomplete: download it again';

/** Where one tensor lies, and how its weights are stored. */
export interface GgufTensor {
  /** Outermost dimension first, as in a state dict; the file has them the other way round. */
  readonly shape: readonly number[];
  readonly format: BlockFormat;
  readonly begin: number;
  readonly numBytes: number;
}

/** An open GGUF file: header checked, tensors read one by one when asked for. Close it. */
export class GgufFile {
  readonly path: string;
  readonly tensors: ReadonlyMap<string, GgufTensor>;
  readonly #metadata: Readonly<Record<string, unknown>>;
  readonly #file: FileHandle;

  private constructor(path: string, metadata: Readonly<Record<string, unknown>>, tensors: Map<string, GgufTensor>, file: FileHandle) {
    this.path = path;
    this.tensors = tensors;
    this.#metadata = metadata;
    this.#file = file;
  }

  /**
   * @throws {FileError} if the file cannot be read.
   * @throws {ModelError} if it is no GGUF file, is cut short, or holds a tensor in an unsupported format.
   */
  static async open(path: string): Promise<GgufFile> {
    const size = await fileSize(path);
    await refusePointer(path);
    const [{ metadata, tensorInfos, tensorDataOffset, littleEndian }, { GGMLQuantizationType }] = [
      await parse(path),
      await import('@huggingface/gguf'),
    ];
    if (!littleEndian) throw new ModelError('is a big-endian GGUF file', { where: path, hint: 'convert it with little-endian byte order' });
    // The parser reads zeros beyond the end of a file, so a cut inside the header shows only here.
    if (tensorDataOffset > size)
      throw new ModelError(`is cut short: its header does not fit into ${size} bytes`, { where: path, hint: REPAIR });
    // Whether this family can be imported at all comes before how its weights are stored.
    ggufFamily(metadata['general.architecture'], path);
    const tensors = new Map<string, GgufTensor>();
    const unsupported = new Map<string, number>();
    for (const { name, shape, dtype, offset } of tensorInfos) {
      const type: number = dtype;
      const format = [...BLOCK_FORMATS].find(({ ggmlType }) => ggmlType === type);
      if (format === undefined) {
        const typeName = GGMLQuantizationType[dtype] ?? `number ${type}`;
        unsupported.set(typeName, (unsupported.get(typeName) ?? 0) + 1);
        continue;
      }
      const tensor = locate(name, shape.map(Number), format, Number(tensorDataOffset + offset), path);
      if (tensor.begin + tensor.numBytes > size) {
        throw new ModelError(`is cut short: tensor "${name}" ends at byte ${tensor.begin + tensor.numBytes}, the file at ${size}`, {
          where: path,
          hint: REPAIR,
        });
      }
      if (tensors.has(name)) throw new ModelError(`holds the tensor "${name}" twice`, { where: path, hint: REPAIR });
      tensors.set(name, tensor);
    }
    if (unsupported.size > 0) {
      const types = [...unsupported].map(([type, count]) => `${type} (${count} tensors)`).join(', ');
      throw new ModelError(`holds tensors of type ${types}; supported: ${BLOCK_FORMATS.names.join(', ')}`, {
        where: path,
        hint: 'use another quantisation of the model, for instance Q8_0 or F16',
      });
    }
    const file = await open(path, 'r');
    try {
      const lists = await readTextLists(file, Math.min(Number(tensorDataOffset), size));
      return new GgufFile(path, Object.fromEntries([...Object.entries(metadata), ...lists]), tensors, file);
    } catch (error) {
      await file.close();
      throw new ModelError(`is not a readable GGUF file (${(error as Error).message})`, { where: path, hint: REPAIR, cause: error });
    }
  }

  /** One tensor as f32. @throws {ModelError} if there is none of this name. */
  async read(name: string): Promise<HostTensor> {
    const tensor = this.tensors.get(name);
    if (tensor === undefined) throw new ModelError(`has no tensor "${name}"`, { where: this.path, hint: REPAIR });
    const bytes = new Uint8Array(tensor.numBytes);
    for (let done = 0; done < bytes.length;) {
      const { bytesRead } = await this.#file.read(bytes, done, Math.min(bytes.length - done, 1 << 30), tensor.begin + done);
      if (bytesRead === 0) throw new ModelError('became shorter while it was read', { where: this.path, hint: REPAIR });
      done += bytesRead;
    }
    const data = new Float32Array(tensor.shape.reduce((product, dim) => product * dim, 1));
    tensor.format.dequantize(bytes, data);
    return { shape: tensor.shape, dtype: 'float32', data };
  }

  text(key: string): string | undefined {
    return this.#typed(key, 'text', (value) => typeof value === 'string');
  }

  number(key: string): number | undefined {
    const value = this.#typed(key, 'a number', (item) => typeof item === 'number' || typeof item === 'bigint');
    return value === undefined ? undefined : Number(value);
  }

  flag(key: string): boolean | undefined {
    return this.#typed(key, 'true or false', (value) => typeof value === 'boolean');
  }

  texts(key: string): string[] | undefined {
    return this.#typed(key, 'a list of texts', (value) => isListOf(value, (item) => typeof item === 'string'));
  }

  numbers(key: string): number[] | undefined {
    return this.#typed(key, 'a list of numbers', (value) => isListOf(value, (item) => typeof item === 'number'));
  }

  /** A number that must be there. @throws {ModelError} naming the key. */
  need(key: string): number {
    const value = this.number(key);
    if (value === undefined)
      throw new ModelError(`lacks the metadata "${key}"`, { where: this.path, hint: 'convert the model again with a current llama.cpp' });
    return value;
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  #typed<T>(key: string, expected: string, isRight: (value: unknown) => value is T): T | undefined {
    const value = this.#metadata[key];
    if (value === undefined) return undefined;
    if (!isRight(value)) throw new ModelError(`metadata "${key}" is not ${expected}`, { where: this.path, hint: REPAIR });
    return value;
  }
}

function isListOf<T>(value: unknown, isItem: (item: unknown) => item is T): value is T[] {
  return Array.isArray(value) && value.every(isItem);
}

function locate(name: string, fileShape: readonly number[], format: BlockFormat, begin: number, path: string): GgufTensor {
  const numElements = fileShape.reduce((product, dim) => product * dim, 1);
  if ((fileShape[0] ?? 1) % format.elementsPerBlock !== 0) {
    throw new ModelError(
      `tensor "${name}" has rows of ${fileShape[0]} weights; ${format.name} needs a multiple of ${format.elementsPerBlock}`,
      {
        where: path,
        hint: REPAIR,
      },
    );
  }
  const numBytes = (numElements / format.elementsPerBlock) * format.bytesPerBlock;
  return { shape: [...fileShape].reverse(), format, begin, numBytes };
}

/** The parser brings the Hub's lists of tasks along, 80 files: only who opens such a file loads it. */
async function parse(path: string) {
  const { gguf } = await import('@huggingface/gguf');
  try {
    // An absolute path, because the parser would download what looks like an address.
    return await gguf(resolve(path), { allowLocalFile: true });
  } catch (error) {
    throw new ModelError(`is not a readable GGUF file (${(error as Error).message})`, { where: path, hint: REPAIR, cause: error });
  }
}

async function fileSize(path: string): Promise<number> {
  try {
    const info = await stat(path);
    if (!info.isFile()) throw new FileError('is not a file', { where: path, hint: 'name the GGUF file itself' });
    return info.size;
  } catch (error) {
    throw asFileError(error, path, 'read');
  }
}
