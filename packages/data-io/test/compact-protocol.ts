/** Thrift's compact protocol, as far as Parquet's descriptions need it: what a field holds says its type. */
export type Field = readonly [id: number, value: number | bigint | Buffer | List | Text];
export interface List {
  items: readonly (number | Buffer | Text)[];
}
export interface Text {
  text: string;
}

export const list = (items: List['items']): List => ({ items });
export const text = (value: string): Text => ({ text: value });

/** A struct; a Buffer among its values is another struct. Ids rise. */
export function compactStruct(fields: readonly Field[]): Buffer {
  let last = 0;
  const parts = fields.map(([id, value]) => {
    const head = Buffer.of(((id - last) << 4) | typeOf(value));
    last = id;
    return Buffer.concat([head, encode(value)]);
  });
  return Buffer.concat([...parts, Buffer.of(0)]);
}

function typeOf(value: Field[1]): number {
  if (typeof value === 'number') return 5;
  if (typeof value === 'bigint') return 6;
  if (Buffer.isBuffer(value)) return 12;
  return 'items' in value ? 9 : 8;
}

function encode(value: Field[1]): Buffer {
  if (typeof value === 'number') return encode(BigInt(value));
  if (typeof value === 'bigint') return varint(value < 0n ? -2n * value - 1n : 2n * value);
  if (Buffer.isBuffer(value)) return value;
  if ('text' in value) return Buffer.concat([varint(BigInt(Buffer.byteLength(value.text))), Buffer.from(value.text)]);
  return Buffer.concat([Buffer.of((value.items.length << 4) | typeOf(value.items[0]!)), ...value.items.map(encode)]);
}

function varint(value: bigint): Buffer {
  const bytes = [];
  for (let rest = value; ; rest >>= 7n) {
    if (rest < 128n) return Buffer.from([...bytes, Number(rest)]);
    bytes.push(Number(rest & 127n) | 128);
  }
}
