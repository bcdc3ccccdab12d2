import { EndOfBytes, type ByteQueue } from './byte-queue.ts';

/*
 * The outline of Zstandard data (RFC 8878, section 3.1): frames of blocks. fzstd allocates what a header says and unpacks all blocks that it
 * is given, so that they are looked at and handed on a few at a time.
 */

const MAGIC = 0xfd2fb528;
/** The last four bits are anything. */
const SKIPPABLE_MAGIC = 0x184d2a50;
const MAX_BLOCK_BYTES = 2 ** 17;
/** What the zstd command unpacks without being told, too; no level reaches it, only --long=28 and more. */
const MAX_WINDOW_BYTES = 2 ** 27;
/** A few blocks travel together; what they can unpack to is bounded. */
const BATCH_BYTES = 2 ** 20;

const RAW = 0;
const REPEATED = 1;
const COMPRESSED = 2;

/** The data is damaged. */
export class ZstdError extends Error {}

/** A frame that is sound as far as it can be seen, but asks for more than is read here. */
export class ZstdLimit extends Error {}

export interface ZstdBlocks {
  pieces: Uint8Array[];
  isFrameEnd: boolean;
  /** Bytes that the whole frame unpacks to, if its header says so; given with the end. */
  contentBytes?: bigint | undefined;
  /** The last four bytes of the XXH64 of what the whole frame unpacks to, if it has them; given with the end. */
  checksum?: number | undefined;
}

/** @throws {ZstdLimit} @throws {ZstdError} if the data is no Zstandard or damaged. @throws {EndOfBytes} if it is cut short. */
export async function* zstdBlocks(queue: ByteQueue): AsyncGenerator<ZstdBlocks> {
  let isEmpty = true;
  for (let magic = await queue.take(4); magic !== undefined; magic = await queue.take(4)) {
    isEmpty = false;
    const number = Buffer.from(magic).readUInt32LE();
    if ((number & ~0xf) >>> 0 === SKIPPABLE_MAGIC) {
      await queue.skip(Buffer.from(await queue.require(4)).readUInt32LE());
      continue;
    }
    if (number !== MAGIC) throw new ZstdError('invalid zstd data');
    yield* blocksOfFrame(queue, magic);
  }
  if (isEmpty) throw new EndOfBytes();
}

async function* blocksOfFrame(queue: ByteQueue, magic: Uint8Array): AsyncGenerator<ZstdBlocks> {
  const header = await readHeader(queue);
  let pieces = [magic, header.bytes];
  let maxBytes = 0;
  for (;;) {
    const blockHeader = Buffer.from(await queue.require(3));
    const bits = blockHeader.readUIntLE(0, 3);
    const isLast = (bits & 1) === 1;
    const type = (bits >> 1) & 3;
    const size = bits >> 3;
    if (type > COMPRESSED || size > MAX_BLOCK_BYTES) throw new ZstdError('invalid block type or size');
    pieces.push(blockHeader, await queue.require(type === REPEATED ? 1 : size));
    maxBytes += type === RAW || type === REPEATED ? size : MAX_BLOCK_BYTES;
    if (isLast) {
      const checksum = header.hasChecksum ? Buffer.from(await queue.require(4)) : Buffer.alloc(0);
      pieces.push(checksum);
      yield {
        pieces,
        isFrameEnd: true,
        contentBytes: header.contentBytes,
        checksum: header.hasChecksum ? checksum.readUInt32LE() : undefined,
      };
      return;
    }
    if (maxBytes >= BATCH_BYTES) {
      yield { pieces, isFrameEnd: false };
      pieces = [];
      maxBytes = 0;
    }
  }
}

async function readHeader(queue: ByteQueue): Promise<{ bytes: Uint8Array; hasChecksum: boolean; contentBytes: bigint | undefined }> {
  const descriptor = (await queue.require(1))[0]!;
  if (descriptor & 0x08) throw new ZstdError('invalid zstd data');
  const isSingleSegment = (descriptor & 0x20) !== 0;
  const idBytes = [0, 1, 2, 4][descriptor & 3]!;
  const sizeBytes = [isSingleSegment ? 1 : 0, 2, 4, 8][descriptor >> 6]!;
  const rest = Buffer.from(await queue.require((isSingleSegment ? 0 : 1) + idBytes + sizeBytes));
  const idAt = isSingleSegment ? 0 : 1;
  if (idBytes > 0 && rest.readUIntLE(idAt, idBytes) !== 0) throw new ZstdLimit('was compressed with a dictionary, which is not at hand');
  const sizeAt = idAt + idBytes;
  const contentBytes =
    sizeBytes === 0
      ? undefined
      : sizeBytes === 8
        ? rest.readBigUInt64LE(sizeAt)
        : BigInt(rest.readUIntLE(sizeAt, sizeBytes) + (sizeBytes === 2 ? 256 : 0));
  const window = isSingleSegment ? Number(contentBytes) : windowBytes(rest[0]!);
  if (window > MAX_WINDOW_BYTES) {
    throw new ZstdLimit(
      `needs a window of ${megabytes(window)} MiB to be unpacked; up to ${megabytes(MAX_WINDOW_BYTES)} MiB are read here`,
    );
  }
  return { bytes: Buffer.concat([Buffer.of(descriptor), rest]), hasChecksum: (descriptor & 0x04) !== 0, contentBytes };
}

function windowBytes(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >> 3));
  return base + (base / 8) * (descriptor & 7);
}

function megabytes(numBytes: number): string {
  return Math.ceil(numBytes / 2 ** 20).toLocaleString('en');
}
