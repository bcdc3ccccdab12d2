import { slices } from '@pharmacist/core';
import type { Records } from './record-store.ts';
import { SpillFile } from './spill-file.ts';

/** Bytes of a part, which is put in order in memory, unless there would be more than MAX_PARTS. */
const PART_BYTES = 1 << 26;
/** Each has an open file and a buffer. */
const MAX_PARTS = 128;
const BUFFER_BYTES = 1 << 18;
/** Place and length of a record in front of its bytes. */
const HEADER_BYTES = 8;

/** One part on its way to its file. */
class Part {
  readonly file = new SpillFile();
  readonly #buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES);
  #used = 0;

  push(place: number, record: Buffer): void {
    if (this.#used + HEADER_BYTES + record.length > BUFFER_BYTES) this.flush();
    const header = this.#buffer.subarray(this.#used, this.#used + HEADER_BYTES);
    header.writeUInt32LE(place, 0);
    header.writeUInt32LE(record.length, 4);
    this.#used += HEADER_BYTES;
    if (this.#used + record.length <= BUFFER_BYTES) {
      this.#buffer.set(record, this.#used);
      this.#used += record.length;
      return;
    }
    this.flush();
    this.file.write(record);
  }

  flush(): void {
    this.file.write(this.#buffer.subarray(0, this.#used));
    this.#used = 0;
  }
}

/**
 * Records in another order, a part after the other: one pass over the records writes each to the file of its part, and each part is read whole and put in order.
 * Everything is read and written from beginning to end. Memory: a part, 8 bytes for each of its records, 4 for every record, a quarter of a megabyte a part.
 * @param order numbers of records, each at most once. @param numBytes of all records. @throws {InterruptedError}
 * @returns the records of each part: views, which are gone when the next part is asked for.
 */
export async function* distributed(
  records: Records,
  order: Int32Array,
  numBytes: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<Iterable<Buffer>> {
  const numParts = Math.min(MAX_PARTS, Math.max(1, Math.ceil(numBytes / PART_BYTES)));
  const perPart = Math.ceil(order.length / numParts);
  const placeOf = new Int32Array(records.count).fill(-1);
  for (let place = 0; place < order.length; place++) placeOf[order[place]!] = place;
  const parts = Array.from({ length: numParts }, () => new Part());
  try {
    for await (const [start, end] of slices(records.count, { signal })) {
      for (let index = start; index < end; index++) {
        const place = placeOf[index]!;
        if (place >= 0) parts[Math.floor(place / perPart)]!.push(place, records.at(index));
      }
    }
    let bytes = Buffer.alloc(0);
    for (const [number, part] of parts.entries()) {
      part.flush();
      const first = number * perPart;
      const { numBytes: size } = part.file;
      if (bytes.length < size) bytes = Buffer.allocUnsafeSlow(size);
      part.file.readInto(bytes.subarray(0, size), 0);
      const starts = new Float64Array(Math.max(0, Math.min(perPart, order.length - first)));
      for (let at = 0; at < size; at += HEADER_BYTES + bytes.readUInt32LE(at + 4)) starts[bytes.readUInt32LE(at) - first] = at;
      yield recordsAt(bytes, starts);
    }
  } finally {
    for (const { file } of parts) file[Symbol.dispose]();
  }
}

/** @param starts of the records' headers. */
function* recordsAt(bytes: Buffer, starts: Float64Array): Generator<Buffer> {
  for (const start of starts) yield bytes.subarray(start + HEADER_BYTES, start + HEADER_BYTES + bytes.readUInt32LE(start + 4));
}
