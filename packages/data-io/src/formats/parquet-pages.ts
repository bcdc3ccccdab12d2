import type { ColumnChunk, Compressors, PageHeader } from 'hyparquet';
import type { Leaf } from './parquet-row-groups.ts';
import { checkDeltaHeader, checkRuns, countLevels, readUint32, type Cursor } from './parquet-runs.ts';

/** What a compressed byte can become at most; of Brotli no bound is known. Of Zstandard: a block of four bytes repeats one 131,072 times. */
const MAX_GROWTH: Readonly<Record<string, number>> = { SNAPPY: 22, GZIP: 1033, LZ4: 256, LZ4_RAW: 256, ZSTD: 2 ** 15, BROTLI: Infinity };
const SLACK_BYTES = 64;
const WIDTHS: Readonly<Record<string, number>> = { INT32: 4, FLOAT: 4, INT64: 8, DOUBLE: 8, INT96: 12 };

type CheckValues = (page: Uint8Array) => void;

/**
 * Checks the pages of a row group: their headers when a column is added, what is inside when they are decompressed, so that nothing is
 * decompressed twice.
 */
export class PageChecks {
  /** Decompressors for the library; they check what they give. */
  readonly compressors: Compressors;
  readonly #checks = new WeakMap<ArrayBufferLike, Map<number, CheckValues>>();

  constructor(compressors: Compressors) {
    this.compressors = Object.fromEntries(
      Object.entries(compressors).map(([codec, decompress]) => [
        codec,
        (input: Uint8Array, length: number) => {
          const page = decompress(input, length);
          if (page.length !== length) throw new Error(`a page of ${page.length} bytes that should have ${length}`);
          this.#checks.get(input.buffer)?.get(input.byteOffset)?.(page);
          return page;
        },
      ]),
    );
  }

  /** @param chunk the bytes that the library will be given for this column. @throws {Error} that names the first thing that does not fit. */
  async addChunk(chunk: ArrayBuffer, column: ColumnChunk, leaf: Leaf): Promise<void> {
    const { parquetHeader } = await import('hyparquet/src/column.js');
    const reader = { view: new DataView(chunk), offset: 0 };
    const { codec, num_values: numExpected } = column.meta_data!;
    const checks = new Map<number, CheckValues>();
    this.#checks.set(chunk, checks);
    let numValues = 0;
    // The library takes a last byte for padding, too.
    while (reader.offset < chunk.byteLength - 1 && numValues < Number(numExpected)) {
      const header = parquetHeader(reader);
      const start = reader.offset;
      requireSizes(header, codec, chunk.byteLength - start);
      const bytes = new Uint8Array(chunk, start, header.compressed_page_size);
      reader.offset += header.compressed_page_size;
      const page = describePage(header, bytes, leaf);
      numValues += page.isDictionary ? 0 : page.numValues;
      if (page.numValues > Number(numExpected)) throw new Error(`a page of ${page.numValues} values in a column of ${numExpected}`);
      if (codec === 'UNCOMPRESSED' || !page.isCompressed) page.check(bytes.subarray(page.skipped));
      else checks.set(start + page.skipped, page.check);
    }
    if (numValues !== Number(numExpected)) throw new Error(`column "${leaf.name}" holds ${numValues} of ${numExpected} values`);
  }
}

function requireSizes(header: PageHeader, codec: string, numLeft: number): void {
  const { compressed_page_size: stored, uncompressed_page_size: size } = header;
  if (!(stored >= 0 && stored <= numLeft)) throw new Error(`a page of ${stored} bytes where ${numLeft} are left`);
  const max = codec === 'UNCOMPRESSED' ? stored : stored * (MAX_GROWTH[codec] ?? Infinity) + SLACK_BYTES;
  if (!(size >= 0 && size <= max)) throw new Error(`a page of ${stored} bytes cannot become ${size}`);
}

interface Page {
  numValues: number;
  isDictionary: boolean;
  isCompressed: boolean;
  /** Bytes at the beginning that are never compressed; they are checked by now. */
  skipped: number;
  check: CheckValues;
}

function describePage(header: PageHeader, bytes: Uint8Array, leaf: Leaf): Page {
  const { data_page_header: v1, data_page_header_v2: v2, dictionary_page_header: dictionary } = header;
  const common = { isDictionary: false, isCompressed: true, skipped: 0 };
  if (header.type === 'DICTIONARY_PAGE' && dictionary !== undefined) {
    const numValues = requireValues(dictionary.num_values);
    return { ...common, numValues, isDictionary: true, check: (page) => checkPlain({ bytes: page, at: 0 }, leaf, numValues) };
  }
  if (header.type === 'DATA_PAGE' && v1 !== undefined) {
    const numValues = requireValues(v1.num_values);
    const check = (page: Uint8Array): void => {
      const cursor = { bytes: page, at: 0 };
      if (leaf.maxRepetition > 0) checkLevelsOfLength(cursor, leaf.maxRepetition, numValues);
      const numPresent = leaf.maxDefinition > 0 ? checkLevelsOfLength(cursor, leaf.maxDefinition, numValues) : numValues;
      checkValues(cursor, v1.encoding, leaf, numPresent);
    };
    return { ...common, numValues, check };
  }
  if (header.type === 'DATA_PAGE_V2' && v2 !== undefined) {
    const numValues = requireValues(v2.num_values);
    const numPresent = numValues - requireValues(v2.num_nulls);
    const { repetition_levels_byte_length: repetition, definition_levels_byte_length: definition } = v2;
    const skipped = repetition + (leaf.maxDefinition > 0 ? definition : 0);
    if (!(repetition >= 0 && definition >= 0 && skipped <= bytes.length))
      throw new Error(`levels of ${skipped} bytes go beyond their page`);
    if (leaf.maxRepetition > 0) countLevels({ bytes, at: 0 }, repetition, widthOf(leaf.maxRepetition), numValues, 0);
    if (leaf.maxDefinition > 0) {
      const { maxDefinition } = leaf;
      const counted = countLevels({ bytes, at: repetition }, skipped, widthOf(maxDefinition), numValues, maxDefinition);
      if (counted !== numPresent) throw new Error(`a page holds ${counted} values where its header says ${numPresent}`);
    } else if (numPresent !== numValues) throw new Error('a page of a required column has nulls');
    const check = (page: Uint8Array): void => checkValues({ bytes: page, at: 0 }, v2.encoding, leaf, numPresent);
    return { ...common, numValues, isCompressed: v2.is_compressed !== false, skipped, check };
  }
  throw new Error(`a page of type ${header.type ?? 'unknown'} where data should be`);
}

function requireValues(count: number): number {
  if (!(count >= 0)) throw new Error(`a page of ${count} values`);
  return count;
}

function checkLevelsOfLength(cursor: Cursor, maxLevel: number, numValues: number): number {
  const numBytes = readUint32(cursor);
  const end = cursor.at + numBytes;
  const numPresent = countLevels(cursor, end, widthOf(maxLevel), numValues, maxLevel);
  cursor.at = end;
  return numPresent;
}

function checkValues(cursor: Cursor, encoding: string, leaf: Leaf, numPresent: number): void {
  // A page of nulls may have no bytes for its values at all.
  if (numPresent === 0) return;
  switch (encoding) {
    case 'PLAIN':
      return checkPlain(cursor, leaf, numPresent);
    case 'PLAIN_DICTIONARY':
    case 'RLE_DICTIONARY': {
      const width = cursor.bytes[cursor.at++] ?? 33;
      if (width > 32) throw new Error(`dictionary places of ${width} bits`);
      return checkRuns(cursor, cursor.bytes.length, width, numPresent);
    }
    case 'RLE': {
      const numBytes = readUint32(cursor);
      return checkRuns(cursor, cursor.at + numBytes, 1, numPresent);
    }
    case 'DELTA_BINARY_PACKED':
    case 'DELTA_LENGTH_BYTE_ARRAY':
    case 'DELTA_BYTE_ARRAY':
      return checkDeltaHeader(cursor, numPresent);
    case 'BYTE_STREAM_SPLIT':
      return requireBytes(cursor, numPresent * widthOfType(leaf));
    default:
      // The library refuses any other.
      return;
  }
}

function checkPlain(cursor: Cursor, leaf: Leaf, numPresent: number): void {
  if (leaf.type === 'BOOLEAN') return requireBytes(cursor, Math.ceil(numPresent / 8));
  if (leaf.type !== 'BYTE_ARRAY') return requireBytes(cursor, numPresent * widthOfType(leaf));
  requireBytes(cursor, 4 * numPresent);
  for (let i = 0; i < numPresent; i++) {
    const length = readUint32(cursor);
    requireBytes(cursor, length);
    cursor.at += length;
  }
}

function requireBytes({ bytes, at }: Cursor, numBytes: number): void {
  if (at + numBytes > bytes.length) throw new Error(`values of ${numBytes} bytes in a page that has ${bytes.length - at} for them`);
}

function widthOfType({ type, typeLength }: Leaf): number {
  return WIDTHS[type ?? ''] ?? typeLength;
}

function widthOf(maxLevel: number): number {
  return 32 - Math.clz32(maxLevel);
}
