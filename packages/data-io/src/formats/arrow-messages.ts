import type { FileHandle } from 'node:fs/promises';
import {
  BLOCK_BYTES,
  BUFFER_BYTES,
  DICTIONARY_BATCH_FIELDS,
  FIELD_NODE_BYTES,
  FOOTER,
  FOOTER_FIELDS,
  HEADER,
  MESSAGE,
  MESSAGE_FIELDS,
  RECORD_BATCH_FIELDS,
} from './arrow-tables.ts';
import { checkFlatbuffer, type CheckedTable } from './flatbuffer.ts';

const MAGIC = 'ARROW1';
/** The magic number and two bytes. */
const FILE_HEAD_BYTES = 8;
/** The length of the footer and the magic number. */
const FILE_TAIL_BYTES = 10;
const CONTINUATION = 0xffff_ffff;
const LENGTH_PREFIX_BYTES = 8;
/** What a compressed byte can become at most: 255 bytes of LZ4; of Zstandard a block of four repeats one 131,072 times. */
const MAX_GROWTH = [256, 2 ** 15] as const;
const SLACK_BYTES = 64;

/**
 * The messages of a file or a stream, in the stream form, each with its counts compared with the bytes there are. A file's are the schema in
 * its footer and the dictionaries and batches that this lists.
 * @throws {Error} that names the first thing that does not fit.
 */
export async function* arrowMessages(file: FileHandle, numBytes: number): AsyncGenerator<Uint8Array> {
  const head = await read(file, 0, Math.min(FILE_HEAD_BYTES, numBytes));
  if (Buffer.from(head).toString('latin1').startsWith(MAGIC)) yield* messagesOfFile(file, numBytes);
  else yield* messagesOfStream(file, numBytes);
}

async function* messagesOfStream(file: FileHandle, numBytes: number): AsyncGenerator<Uint8Array> {
  let at = 0;
  // A stream may end without its end mark.
  while (at < numBytes) {
    const message = await readMessage(file, at, numBytes);
    if (message === undefined) return;
    yield* message.pieces;
    at = message.end;
  }
}

async function* messagesOfFile(file: FileHandle, numBytes: number): AsyncGenerator<Uint8Array> {
  if (numBytes < FILE_HEAD_BYTES + FILE_TAIL_BYTES) throw new Error('it has no footer');
  const tail = Buffer.from(await read(file, numBytes - FILE_TAIL_BYTES, FILE_TAIL_BYTES));
  if (tail.toString('latin1', 4) !== MAGIC) throw new Error('it has no footer');
  const footerBytes = tail.readInt32LE(0);
  const end = numBytes - FILE_TAIL_BYTES - footerBytes;
  if (footerBytes <= 0 || end < FILE_HEAD_BYTES) throw new Error(`its footer of ${footerBytes} bytes does not fit`);
  const contents = await read(file, end, footerBytes);
  const footer = checkFlatbuffer(contents, FOOTER);
  const schema = footer.table(FOOTER_FIELDS.schema);
  if (schema === undefined) throw new Error('its footer has no schema');
  yield schemaMessage(contents, schema.position, footer.int16(FOOTER_FIELDS.version));
  for (const [field, type, name] of [
    [FOOTER_FIELDS.dictionaries, HEADER.dictionaryBatch, 'dictionary'],
    [FOOTER_FIELDS.recordBatches, HEADER.recordBatch, 'record batch'],
  ] as const) {
    for (const [i, block] of footer.vector(field, BLOCK_BYTES).entries()) {
      const offset = Number(block.getBigInt64(0, true));
      if (!(offset >= FILE_HEAD_BYTES && offset < end)) throw new Error(`${name} ${i + 1} lies at ${offset}`);
      const message = await readMessage(file, offset, end);
      if (message?.type !== type) throw new Error(`${name} ${i + 1} is not where the file says`);
      yield* message.pieces;
    }
  }
}

/** A message around the schema of a footer: offsets are relative, so that the footer follows as it is (FlatBuffers, "Internals"). */
function schemaMessage(footer: Uint8Array, schemaAt: number, version: number): Uint8Array {
  const [vtableAt, tableAt, footerAt] = [4, 16, 32];
  const length = footerAt + Math.ceil(footer.length / 8) * 8;
  const message = new Uint8Array(LENGTH_PREFIX_BYTES + length);
  const prefix = new DataView(message.buffer);
  prefix.setUint32(0, CONTINUATION, true);
  prefix.setInt32(4, length, true);
  const view = new DataView(message.buffer, LENGTH_PREFIX_BYTES);
  view.setUint32(0, tableAt, true);
  // Bytes of the vtable and of the table, then where in the table version, type of the header and header are.
  [10, 12, 4, 6, 8].forEach((entry, i) => view.setUint16(vtableAt + 2 * i, entry, true));
  view.setInt32(tableAt, tableAt - vtableAt, true);
  view.setInt16(tableAt + 4, version, true);
  view.setUint8(tableAt + 6, HEADER.schema);
  view.setUint32(tableAt + 8, footerAt + schemaAt - (tableAt + 8), true);
  message.set(footer, LENGTH_PREFIX_BYTES + footerAt);
  return message;
}

interface Message {
  type: number;
  /** Length, description and body. */
  pieces: Uint8Array[];
  end: number;
}

/** Undefined at the end mark of a stream. */
async function readMessage(file: FileHandle, start: number, limit: number): Promise<Message | undefined> {
  const prefix = new DataView((await read(file, start, Math.min(8, limit - start))).buffer);
  // Before version 0.15 there was no continuation mark.
  const lengthAt = prefix.byteLength >= 4 && prefix.getUint32(0, true) === CONTINUATION ? 4 : 0;
  if (prefix.byteLength < lengthAt + 4) throw new Error('a message is cut short');
  const length = prefix.getInt32(lengthAt, true);
  if (length === 0) return undefined;
  const descriptionAt = start + lengthAt + 4;
  if (!(length > 0 && descriptionAt + length <= limit)) throw new Error(`a description of ${length} bytes does not fit`);
  const description = await read(file, descriptionAt, length);
  const message = checkFlatbuffer(description, MESSAGE);
  const type = message.uint8(MESSAGE_FIELDS.headerType);
  const header = message.table(MESSAGE_FIELDS.header);
  const bodyAt = descriptionAt + length;
  const bodyLength = Number(message.int64(MESSAGE_FIELDS.bodyLength));
  if (header === undefined || !(bodyLength >= 0 && bodyAt + bodyLength <= limit))
    throw new Error(`a body of ${bodyLength} bytes does not fit`);
  const body = await read(file, bodyAt, bodyLength);
  const batch =
    type === HEADER.dictionaryBatch ? header.table(DICTIONARY_BATCH_FIELDS.data) : type === HEADER.recordBatch ? header : undefined;
  if (batch !== undefined) checkBatch(batch, body);
  else if (type !== HEADER.schema) throw new Error(`a message of type ${type} is not read here`);
  return { type, pieces: [new Uint8Array(prefix.buffer, 0, lengthAt + 4), description, body], end: bodyAt + bodyLength };
}

function checkBatch(batch: CheckedTable, body: Uint8Array): void {
  const numRows = batch.int64(RECORD_BATCH_FIELDS.length);
  if (numRows < 0n || numRows > BigInt(Number.MAX_SAFE_INTEGER)) throw new Error(`a batch of ${numRows} rows`);
  for (const node of batch.vector(RECORD_BATCH_FIELDS.nodes, FIELD_NODE_BYTES)) {
    const [length, numNulls] = [node.getBigInt64(0, true), node.getBigInt64(8, true)];
    if (length < 0n || numNulls < 0n || numNulls > length) throw new Error(`a column of ${length} values has ${numNulls} nulls`);
  }
  const buffers = batch.vector(RECORD_BATCH_FIELDS.buffers, BUFFER_BYTES);
  const numBuffers = BigInt(buffers.length);
  for (const count of batch.vector(RECORD_BATCH_FIELDS.variadicCounts, 8)) {
    const numVariadic = count.getBigInt64(0, true);
    if (numVariadic < 0n || numVariadic > numBuffers) throw new Error(`${numVariadic} buffers of views where there are ${numBuffers}`);
  }
  const compression = batch.table(RECORD_BATCH_FIELDS.compression);
  for (const buffer of buffers) {
    const [offset, length] = [Number(buffer.getBigInt64(0, true)), Number(buffer.getBigInt64(8, true))];
    if (!(offset >= 0 && length >= 0 && offset + length <= body.length)) {
      throw new Error(`a buffer of ${length} bytes at ${offset} in a body of ${body.length}`);
    }
    if (compression !== undefined && length > 0) checkCompressed(body.subarray(offset, offset + length), compression.uint8(0));
  }
}

/** A compressed buffer begins with its length, -1 where it is stored as it is. */
function checkCompressed(bytes: Uint8Array, codec: number): void {
  const stored = bytes.length - LENGTH_PREFIX_BYTES;
  if (stored < 0) throw new Error('a compressed buffer is cut short');
  const size = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigInt64(0, true));
  const growth = MAX_GROWTH[codec];
  if (growth === undefined) throw new Error(`a compression of type ${codec} is not read here`);
  if (!(size >= -1 && size <= stored * growth + SLACK_BYTES)) throw new Error(`a buffer of ${stored} bytes cannot become ${size}`);
}

async function read(file: FileHandle, start: number, numBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(numBytes);
  let filled = 0;
  while (filled < numBytes) {
    const { bytesRead } = await file.read(bytes, filled, numBytes - filled, start + filled);
    if (bytesRead === 0) throw new Error('unexpected end of file');
    filled += bytesRead;
  }
  return bytes;
}
