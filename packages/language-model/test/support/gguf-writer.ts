/** A minimal GGUF 3 writer for tests: metadata by JavaScript type, tensors as raw bytes. */

export type MetadataValue = string | boolean | number | { float: number } | string[] | { ints: number[] } | { floats: number[] };

export interface TensorEntry {
  readonly name: string;
  /** Outermost first, as in a state dict; the file stores the reverse. */
  readonly shape: readonly number[];
  readonly ggmlType: number;
  readonly bytes: Uint8Array;
}

const ALIGNMENT = 32;
const TYPE = { uint32: 4, int32: 5, float32: 6, bool: 7, string: 8, array: 9 };

export function ggufBytes(metadata: Readonly<Record<string, MetadataValue>>, tensors: readonly TensorEntry[]): Buffer {
  const header = [Buffer.from('GGUF'), uint32(3), uint64(tensors.length), uint64(Object.keys(metadata).length)];
  for (const [key, value] of Object.entries(metadata)) header.push(text(key), encoded(value));
  let offset = 0;
  const data: Buffer[] = [];
  for (const { name, shape, ggmlType, bytes } of tensors) {
    header.push(text(name), uint32(shape.length), ...[...shape].reverse().map(uint64), uint32(ggmlType), uint64(offset));
    const padded = Buffer.alloc(aligned(bytes.length));
    padded.set(bytes);
    data.push(padded);
    offset += padded.length;
  }
  const head = Buffer.concat(header);
  return Buffer.concat([head, Buffer.alloc(aligned(head.length) - head.length), ...data]);
}

function encoded(value: MetadataValue): Buffer {
  if (typeof value === 'string') return Buffer.concat([uint32(TYPE.string), text(value)]);
  if (typeof value === 'boolean') return Buffer.concat([uint32(TYPE.bool), Buffer.from([value ? 1 : 0])]);
  if (typeof value === 'number') return Buffer.concat([uint32(TYPE.uint32), uint32(value)]);
  if (Array.isArray(value)) return array(TYPE.string, value.map(text));
  if ('ints' in value) return array(TYPE.int32, value.ints.map(int32));
  if ('floats' in value) return array(TYPE.float32, value.floats.map(float32));
  return Buffer.concat([uint32(TYPE.float32), float32(value.float)]);
}

function array(type: number, items: readonly Buffer[]): Buffer {
  return Buffer.concat([uint32(TYPE.array), uint32(type), uint64(items.length), ...items]);
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value, 'utf8');
  return Buffer.concat([uint64(bytes.length), bytes]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return bytes;
}

function float32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return bytes;
}

function uint64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

function aligned(length: number): number {
  return Math.ceil(length / ALIGNMENT) * ALIGNMENT;
}
