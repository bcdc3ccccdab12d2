/*
 * Counts of Parquet's encodings that are read before there are values (Parquet format, "Encodings"): the library trusts them, and would write
 * two thousand million values because of three bytes.
 */

/** Bytes of a page, and how far they have been looked at. */
export interface Cursor {
  readonly bytes: Uint8Array;
  at: number;
}

/** Unsigned LEB128 of at most 32 bits. @throws {Error} at the end of the bytes. */
export function readCount(cursor: Cursor): number {
  let count = 0;
  for (let shift = 0; shift < 35; shift += 7) {
    const byte = cursor.bytes[cursor.at++];
    if (byte === undefined) throw new Error('a page is cut short');
    count += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) return count;
  }
  throw new Error('a count has more than 32 bits');
}

/** Four bytes, the lowest first. @throws {Error} at the end of the bytes. */
export function readUint32(cursor: Cursor): number {
  const { bytes, at } = cursor;
  if (at + 4 > bytes.length) throw new Error('a page is cut short');
  cursor.at += 4;
  return bytes[at]! + bytes[at + 1]! * 2 ** 8 + bytes[at + 2]! * 2 ** 16 + bytes[at + 3]! * 2 ** 24;
}

/**
 * Looks through levels, of which there must be exactly `numValues`.
 * @returns how many of them are `level`.
 */
export function countLevels(cursor: Cursor, end: number, width: number, numValues: number, level: number): number {
  let seen = 0;
  let numEqual = 0;
  checkRuns(cursor, end, width, numValues, ({ numRepeated, value, packed }) => {
    if (packed === undefined) {
      if (seen + numRepeated > numValues) throw new Error(`a run of ${numRepeated} levels in a page of ${numValues} values`);
      seen += numRepeated;
      if (value === level) numEqual += numRepeated;
      return;
    }
    const numPacked = Math.min(numValues - seen, Math.floor((packed.length * 8) / width));
    for (let i = 0; i < numPacked; i++) if (bitsAt(packed, i * width, width) === level) numEqual++;
    seen += numPacked;
  });
  if (seen < numValues) throw new Error(`a page of ${numValues} values has ${seen} levels`);
  return numEqual;
}

interface Run {
  numRepeated: number;
  value: number;
  /** Of a run of single values, its bytes. */
  packed?: Uint8Array;
}

/**
 * Looks through runs up to `end` or until there are enough (RLE / bit-packing hybrid).
 * @throws {Error} if a run is longer than `numValues` or than its bytes.
 */
export function checkRuns(cursor: Cursor, end: number, width: number, numValues: number, onRun?: (run: Run) => void): void {
  if (end > cursor.bytes.length) throw new Error('runs go beyond their page');
  let seen = 0;
  while (seen < numValues && cursor.at < end) {
    const header = readCount(cursor);
    const count = Math.floor(header / 2);
    if (header % 2 === 1) {
      // The last run may be cut where its values end.
      const packed = cursor.bytes.subarray(cursor.at, Math.min(end, cursor.at + count * width));
      const numPacked = width === 0 ? count * 8 : Math.floor((packed.length * 8) / width);
      if (numPacked < count * 8 && seen + numPacked < numValues) throw new Error('a run goes beyond its page');
      onRun?.({ numRepeated: 0, value: 0, packed });
      cursor.at += packed.length;
      seen += count * 8;
    } else {
      if (count > numValues) throw new Error(`a run of ${count} in a page of ${numValues} values`);
      let value = 0;
      for (let i = 0; i < Math.ceil(width / 8); i++) {
        if (cursor.at >= end) throw new Error('a run goes beyond its page');
        value += cursor.bytes[cursor.at++]! * 2 ** (8 * i);
      }
      onRun?.({ numRepeated: count, value });
      seen += count;
    }
  }
}

/** The header of delta encodings: a block of so many values in so many miniblocks. */
export function checkDeltaHeader(cursor: Cursor, numValues: number): void {
  const blockSize = readCount(cursor);
  const numMiniblocks = readCount(cursor);
  const count = readCount(cursor);
  const perMiniblock = blockSize / numMiniblocks;
  const isSound = blockSize > 0 && blockSize <= 2 ** 20 && numMiniblocks > 0 && Number.isInteger(perMiniblock) && perMiniblock % 8 === 0;
  if (!isSound) throw new Error(`a delta encoding with ${numMiniblocks} parts in a block of ${blockSize}`);
  if (count !== numValues) throw new Error(`a delta encoding of ${count} values in a page of ${numValues}`);
}

function bitsAt(bytes: Uint8Array, start: number, width: number): number {
  let value = 0;
  for (let i = 0; i < width; i++) value |= ((bytes[(start + i) >> 3]! >> ((start + i) & 7)) & 1) << i;
  return value;
}
