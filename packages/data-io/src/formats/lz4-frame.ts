/**
 * LZ4 frames, which is how pandas and pyarrow compress Feather by default (lz4.org, "LZ4 Frame Format" 1.6 and "LZ4 Block Format").
 *
 * Written out, because no library fits Arrow's hook, which hands over a frame and not how long its contents are: lz4js takes damaged data for
 * good (it reads past the end and lets offsets point before the start), @foxglove/wasm-lz4 wants the length beforehand and, after a damaged
 * frame, fails on the next good one too, hyparquet-compressors has blocks without the history that frames share between them. Checksums,
 * which Arrow's writers leave out, are passed over.
 */
const MAGIC = 0x184d2204;
const HAS_BLOCK_CHECKSUMS = 0x10;
const HAS_CONTENT_SIZE = 0x08;
const HAS_DICTIONARY = 0x01;
const IS_STORED = 0x8000_0000;
const MIN_MATCH = 4;

/** The contents of one frame. @throws {Error} if it is cut short or damaged. */
export function decodeLz4Frame(frame: Uint8Array): Uint8Array {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  const flags = frame.length < 7 ? 0 : frame[4]!;
  const blockBytes = 2 ** (8 + 2 * ((frame[5]! >> 4) & 7));
  if (flags >> 6 !== 1 || view.getUint32(0, true) !== MAGIC || blockBytes < 2 ** 16)
    throw new Error('the LZ4 data does not begin as it should');
  if (flags & HAS_DICTIONARY) throw new Error('the LZ4 data needs a dictionary');
  let at = 7 + (flags & HAS_CONTENT_SIZE ? 8 : 0);
  let contents = new Uint8Array(Math.min(blockBytes, 4 * frame.length));
  let length = 0;
  for (;;) {
    if (at + 4 > frame.length) throw new Error('the LZ4 data is cut short');
    const header = view.getUint32(at, true);
    if (header === 0) return contents.subarray(0, length);
    const numBytes = header & ~IS_STORED;
    at += 4;
    const block = frame.subarray(at, at + numBytes);
    if (block.length < numBytes) throw new Error('the LZ4 data is cut short');
    at += numBytes + (flags & HAS_BLOCK_CHECKSUMS ? 4 : 0);
    // A block's bytes say how much they can become at most: 255 times their number.
    const room = length + Math.min(blockBytes, 255 * numBytes);
    if (room > contents.length) contents = grown(contents, length, room);
    length = header & IS_STORED ? stored(block, contents, length, room) : decodeBlock(block, contents, length, room);
  }
}

function grown(contents: Uint8Array<ArrayBuffer>, length: number, room: number): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(Math.max(room, 2 * contents.length));
  larger.set(contents.subarray(0, length));
  return larger;
}

function stored(block: Uint8Array, contents: Uint8Array, length: number, room: number): number {
  if (length + block.length > room) throw new Error('an LZ4 block is longer than its frame allows');
  contents.set(block, length);
  return length + block.length;
}

/** Appends a block's contents at `length`, not beyond `room`; matches reach back into what earlier blocks gave. */
function decodeBlock(block: Uint8Array, contents: Uint8Array, length: number, room: number): number {
  let at = 0;
  let end = length;
  const extended = (nibble: number): number => {
    let count = nibble;
    if (nibble < 15) return count;
    for (;;) {
      const more = block[at++];
      if (more === undefined) throw new Error('an LZ4 block is cut short');
      count += more;
      if (more < 255) return count;
    }
  };
  while (at < block.length) {
    const token = block[at++]!;
    const numLiterals = extended(token >> 4);
    if (at + numLiterals > block.length || end + numLiterals > room) throw new Error('the literals of an LZ4 block go beyond its end');
    contents.set(block.subarray(at, at + numLiterals), end);
    at += numLiterals;
    end += numLiterals;
    // The last sequence has literals only.
    if (at === block.length) return end;
    if (at + 2 > block.length) throw new Error('an LZ4 block is cut short');
    const offset = block[at]! | (block[at + 1]! << 8);
    at += 2;
    const numMatched = extended(token & 15) + MIN_MATCH;
    if (offset === 0 || offset > end || end + numMatched > room) throw new Error('a match of an LZ4 block lies outside its contents');
    // A match may overlap what it writes, and repeats it then.
    if (offset >= numMatched) contents.copyWithin(end, end - offset, end - offset + numMatched);
    else for (let k = 0; k < numMatched; k++) contents[end + k] = contents[end + k - offset]!;
    end += numMatched;
  }
  throw new Error('an LZ4 block ends without literals');
}
