import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { FileError, asFileError } from '@pharmacist/core';
import { ByteMeter, peek, type ByteStream } from './byte-stream.ts';
import { decompress } from './compression.ts';
import { HUB_PREFIX, openHubFile, type HubOptions } from './hub.ts';
import { formatOfName, requireFormat, sniffCompression, sniffFormat, type RowFormat } from './row-format.ts';

/** How far reading has come. */
export interface ReadProgress {
  source: string;
  /** Bytes of the stored (compressed) file read so far. */
  bytesRead: number;
  /** Size of the stored file; undefined for standard input. */
  bytesTotal: number | undefined;
}

/** Where bytes come from. */
export interface SourceOptions extends HubOptions {
  /** Overrides what the name says; needed where it says nothing. */
  format?: RowFormat;
  /** Read where the source is `-`; the process's standard input by default. */
  stdin?: NodeJS.ReadableStream;
  signal?: AbortSignal;
  onProgress?: (progress: ReadProgress) => void;
}

/** A source whose compression and format are known and whose decompressed bytes can be read once. */
export interface OpenSource {
  /** The name for messages. */
  label: string;
  format: RowFormat;
  /** Decompressed bytes. */
  bytes: ByteStream;
  /** Count and hash of the stored bytes, complete when `bytes` has ended. */
  meter: ByteMeter;
  /** The path if this is an uncompressed file that can be read in any order. */
  plainPath: string | undefined;
}

const SNIFF_BYTES = 4096;

/**
 * Opens a path, `-` or `hf://datasets/…`.
 * @throws {FileError} if it cannot be read; {ConfigError} if its format is unknown; {DataError} if its compression is damaged.
 */
export async function openSource(source: string, options: SourceOptions = {}): Promise<OpenSource> {
  const isStdin = source === '-';
  const label = isStdin ? 'standard input' : source;
  const named = isStdin || options.format !== undefined ? formatOfName(source) : requireFormat(source);
  const { stream, numBytes } = await openRaw(source, options);
  const meter = new ByteMeter();
  const measured = meter.measure(stream, options.signal, (bytesRead) =>
    options.onProgress?.({ source: label, bytesRead, bytesTotal: numBytes }),
  );
  const raw = await peek(measured, SNIFF_BYTES);
  const compression = named.compression ?? (isStdin ? sniffCompression(raw.head) : undefined);
  if (compression === undefined) {
    const format = refine(options.format ?? named.format, raw.head);
    const plainPath = isStdin || source.startsWith(HUB_PREFIX) ? undefined : source;
    return { label, format, bytes: raw.stream, meter, plainPath };
  }
  const plain = await peek(decompress(raw.stream, compression, label), SNIFF_BYTES);
  return { label, format: refine(options.format ?? named.format, plain.head), bytes: plain.stream, meter, plainPath: undefined };
}

/** Many files called .json hold one object a line; only an array is read as JSON. */
function refine(format: RowFormat | undefined, head: Uint8Array): RowFormat {
  if (format !== undefined && format !== 'json') return format;
  const sniffed = sniffFormat(head);
  if (format === 'json' && sniffed !== 'jsonl') return 'json';
  return sniffed;
}

async function openRaw(source: string, options: SourceOptions): Promise<{ stream: ByteStream; numBytes: number | undefined }> {
  if (source === '-') return { stream: asBytes(options.stdin ?? process.stdin), numBytes: undefined };
  if (source.startsWith(HUB_PREFIX)) return openHubFile(source, options);
  try {
    const file = await stat(source);
    if (file.isDirectory()) throw new FileError('cannot be read: is a folder', { where: source, hint: 'name a file' });
    return { stream: fileBytes(source), numBytes: file.isFile() ? file.size : undefined };
  } catch (error) {
    throw asFileError(error, source, 'read');
  }
}

async function* fileBytes(path: string): AsyncGenerator<Uint8Array> {
  try {
    for await (const piece of createReadStream(path, { highWaterMark: 1 << 18 })) yield piece as Uint8Array;
  } catch (error) {
    throw asFileError(error, path, 'read');
  }
}

async function* asBytes(stream: NodeJS.ReadableStream): AsyncGenerator<Uint8Array> {
  for await (const piece of stream) yield typeof piece === 'string' ? Buffer.from(piece) : piece;
}
