import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { FileError, asFileError } from '@pharmacist/core';
import { ByteMeter, peek, type ByteStream } from './byte-stream.ts';
import { decompress } from './compression.ts';
import { refuseForeignContent } from './foreign-content.ts';
import { HUB_PREFIX, openHubFile, type HubOptions } from './hub.ts';
import { formatOfName, requireFormat, sniffBinary, sniffCompression, textFormatOf, type RowFormat } from './row-format.ts';
import { asUtf8 } from './text-encoding.ts';

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
  refuseForeignContent(raw.head, label);
  const compression = named.compression ?? sniffCompression(raw.head);
  const isPlain = compression === undefined;
  const plain = isPlain ? raw : await peek(decompress(raw.stream, compression, label), SNIFF_BYTES);
  if (!isPlain) refuseForeignContent(plain.head, label);
  const wanted = options.format ?? named.format;
  const binary = sniffBinary(plain.head) ?? (wanted === 'parquet' || wanted === 'arrow' ? wanted : undefined);
  if (binary !== undefined) {
    const plainPath = isPlain && isPath(source) ? source : undefined;
    return { label, format: binary, bytes: plain.stream, meter, plainPath };
  }
  const text = await peek(asUtf8(plain.stream, plain.head, label), SNIFF_BYTES);
  return { label, format: textFormatOf(wanted, text.head), bytes: text.stream, meter, plainPath: undefined };
}

function isPath(source: string): boolean {
  return source !== '-' && !source.startsWith(HUB_PREFIX);
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
