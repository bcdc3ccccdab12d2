import type { Random } from '@pharmacist/core';

/** Changes a file as disks, networks and hostile hands do. */
export type Damage = (bytes: Buffer, random: Random) => Buffer;

const EXTREMES = [
  0n,
  1n,
  -1n,
  2n ** 31n - 1n,
  -(2n ** 31n),
  2n ** 32n - 1n,
  2n ** 53n,
  2n ** 62n,
  -(2n ** 63n),
  255n,
  65_535n,
  16_777_216n,
];
const TOKENS = [
  'null',
  '[]',
  '{}',
  '""',
  '-1',
  '0',
  '1e308',
  '99999999999999999999',
  '5000000',
  '2147483648',
  'true',
  '"\\ud800"',
  '[[[[[[[[',
  '*a',
  '&a [*a]',
];

const pick = <T>(values: readonly T[], random: Random): T => values[random.integer(values.length)]!;
const place = (bytes: Buffer, random: Random): number => random.integer(Math.max(1, bytes.length));

function splice(bytes: Buffer, start: number, numDeleted: number, inserted: Uint8Array = new Uint8Array(0)): Buffer {
  return Buffer.concat([bytes.subarray(0, start), inserted, bytes.subarray(start + numDeleted)]);
}

const flipBits: Damage = (bytes, random) => {
  const damaged = Buffer.from(bytes);
  for (let i = 0; i <= random.integer(4); i++) damaged[place(bytes, random)]! ^= 1 << random.integer(8);
  return damaged;
};
const truncate: Damage = (bytes, random) => bytes.subarray(0, random.integer(bytes.length + 1));
const insert: Damage = (bytes, random) =>
  splice(bytes, place(bytes, random), 0, Buffer.from(Array.from({ length: 1 + random.integer(64) }, () => random.integer(256))));
const remove: Damage = (bytes, random) => splice(bytes, place(bytes, random), 1 + random.integer(32));
const repeat: Damage = (bytes, random) => {
  const start = place(bytes, random);
  return splice(bytes, start, 0, bytes.subarray(start, start + 1 + random.integer(256)));
};
/** Of binary formats, whose counts are fields of four or eight bytes, often aligned. */
const extremeField: Damage = (bytes, random) => {
  const damaged = Buffer.from(bytes);
  const width = pick([4, 8], random);
  if (bytes.length < width) return damaged;
  const at = random.integer(bytes.length - width + 1);
  const aligned = random.integer(3) > 0 ? at - (at % 4) : at;
  const value = pick(EXTREMES, random);
  if (width === 8) damaged.writeBigInt64LE(BigInt.asIntN(64, value), aligned);
  else damaged.writeInt32LE(Number(BigInt.asIntN(32, value)), aligned);
  return damaged;
};
/** A small number that is a little larger or smaller: lengths and offsets that still look right. */
const nudgeField: Damage = (bytes, random) => {
  const damaged = Buffer.from(bytes);
  if (bytes.length < 4) return damaged;
  const at = random.integer(bytes.length - 3);
  const aligned = at - (at % 4);
  damaged.writeInt32LE((damaged.readInt32LE(aligned) + random.integer(33) - 16) | 0, aligned);
  return damaged;
};

/** Replaces a variable-length integer of Parquet's footer (Thrift's compact protocol) and corrects the footer's length, so that it is read. */
const thriftVarint: Damage = (bytes, random) => {
  const tail = bytes.length - 8;
  if (tail < 4) return bytes;
  const start = tail - bytes.readUInt32LE(tail);
  // Pages begin with a Thrift header as well; their length needs no correction.
  const isFooter = start >= 0 && start < tail && random.integer(4) > 0;
  const at = isFooter ? start + random.integer(tail - start) : random.integer(tail);
  let length = 1;
  while (at + length < tail && (bytes[at + length - 1]! & 0x80) !== 0) length++;
  const damaged = splice(bytes, at, length, varint(BigInt.asUintN(64, pick(EXTREMES, random))));
  if (isFooter) damaged.writeUInt32LE(damaged.length - 8 - start, damaged.length - 8);
  return damaged;
};

/** Points an offset or count of a flatbuffer elsewhere: fields that hold a small number, at multiples of four. */
const flatbufferOffset: Damage = (bytes, random) => {
  const small = [];
  for (let at = 0; at + 4 <= bytes.length; at += 4) {
    const value = bytes.readInt32LE(at);
    if (value !== 0 && Math.abs(value) < bytes.length) small.push(at);
  }
  if (small.length === 0) return bytes;
  const damaged = Buffer.from(bytes);
  const value =
    random.integer(2) === 0 ? random.integer(2 * bytes.length) - bytes.length : Number(BigInt.asIntN(32, pick(EXTREMES, random)));
  damaged.writeInt32LE(value, pick(small, random));
  return damaged;
};

/** Puts another value in the place of a word, number or text. */
const replaceToken: Damage = (bytes, random) => {
  const text = bytes.toString('utf8');
  const tokens = [...text.slice(0, 20_000).matchAll(/"(?:[^"\\\n]|\\.)*"|[\w.+-]+/g)];
  if (tokens.length === 0) return bytes;
  const token = pick(tokens, random);
  return Buffer.from(text.slice(0, token.index) + pick(TOKENS, random) + text.slice(token.index + token[0].length));
};
const dropLine: Damage = (bytes, random) => {
  const lines = bytes.toString('utf8').split('\n');
  return Buffer.from(lines.toSpliced(random.integer(lines.length), 1).join('\n'));
};
const nest: Damage = (bytes, random) => {
  const [open, close] = pick(
    [
      ['[', ']'],
      ['{"a":', '}'],
    ],
    random,
  ) as [string, string];
  const depth = pick([10, 1000, 100_000], random);
  return splice(bytes, place(bytes, random), 0, Buffer.from(open.repeat(depth) + close.repeat(random.integer(2) * depth)));
};
const longRun: Damage = (bytes, random) =>
  splice(bytes, place(bytes, random), 0, Buffer.alloc(pick([1000, 1_000_000], random), pick(['a', '"', ' ', '\0', '\n'], random)));

const ANY = [flipBits, flipBits, truncate, insert, remove, repeat];
export const BINARY: readonly Damage[] = [...ANY, extremeField, extremeField, nudgeField];
export const PARQUET: readonly Damage[] = [...BINARY, thriftVarint, thriftVarint, thriftVarint];
export const FLATBUFFER: readonly Damage[] = [...BINARY, flatbufferOffset, flatbufferOffset, flatbufferOffset];
export const TEXT: readonly Damage[] = [...ANY, replaceToken, replaceToken, replaceToken, dropLine, nest, longRun];

/** One to three of the damages. */
export function damage(bytes: Buffer, damages: readonly Damage[], random: Random): Buffer {
  let damaged = bytes;
  const count = pick([1, 1, 1, 2, 3], random);
  for (let i = 0; i < count; i++) damaged = pick(damages, random)(damaged, random);
  return damaged;
}

function varint(value: bigint): Buffer {
  const bytes = [];
  for (let rest = value; ; rest >>= 7n) {
    if (rest < 128n) return Buffer.from([...bytes, Number(rest)]);
    bytes.push(Number(rest & 127n) | 128);
  }
}
