import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { FileError, asFileError, type Registry } from '@pharmacist/core';
import { FORMATS } from '../formats/registry.ts';
import type { RowFormat } from '../formats/row-format.ts';
import { ByteMeter, peek, type ByteStream } from './byte-stream.ts';
import { decompress } from './compression.ts';
import type { HeldRows, KnownFormats } from './expand-options.ts';
import { refuseForeignContent, refusePointer } from './foreign-content.ts';
import { hubEndpoint, type HubOptions } from './hub-settings.ts';
import { openHubFile } from './hub.ts';
import type { RowFile } from './row-file.ts';
import { formatOfName, requireFormat, sniffCompression, textFormatOf } from './row-format.ts';
import { labelOf, parseSourceName } from './source-name.ts';
import { asUtf8 } from './text-encoding.ts';
import { openWebFile } from './web-file.ts';

/** How far reading has come. */
export interface ReadProgress {
  source: string;
  /** Bytes of the stored (compressed) file read so far. */
  bytesRead: number;
  /** Size of the stored file; undefined for standard input. */
  bytesTotal: number | undefined;
}

/** Where bytes come from. */
export interface SourceOptions extends HubOptions, HeldRows, KnownFormats {
  /** Name of the format, against what the file's name says; needed where that says nothing. */
  format?: string;
  /** Read where the source is `-`; the process's standard input by default. */
  stdin?: NodeJS.ReadableStream;
  signal?: AbortSignal;
  onProgress?: (progress: ReadProgress) => void;
}

/** A source whose compression and format are known. */
export interface OpenSource extends RowFile {
  format: RowFormat;
}

const SNIFF_BYTES = 4096;

/** Bytes as they are stored, and what is known of them before they are read. */
interface RawSource {
  stream: ByteStream;
  numBytes: number | undefined;
  /** The name that says format and compression. */
  name: string;
  /** Whether a compression that the name speaks of was taken off on the way. */
  isUnpacked?: boolean;
  /** The path of a file on a disk. */
  path?: string;
}

/**
 * Opens one file: a path, `-`, an http(s) address, an object of a store or a file on the Hub, as `expandSource` gives them.
 * @throws {FileError} if it cannot be read; {ConfigError} if its format is unknown; {DataError} if its compression is damaged, or if it holds
 * no rows by its first bytes.
 */
export async function openSource(source: string, options: SourceOptions = {}): Promise<OpenSource> {
  const label = labelOf(source);
  const opened = await openRaw(source, options);
  const meter = new ByteMeter();
  const measured = meter.measure(opened.stream, options.signal, (bytesRead) =>
    options.onProgress?.({ source: label, bytesRead, bytesTotal: opened.numBytes }),
  );
  try {
    return { label, meter, ...(await recognise(opened, measured, label, options)) };
  } catch (error) {
    // Nobody will read it to its end: the file behind it is closed.
    await measured.return(undefined);
    throw error;
  }
}

/** Finds out compression, encoding and format. Of formats that are built in the contents count more than the name. */
async function recognise(
  { name, isUnpacked = false, path }: RawSource,
  measured: ByteStream,
  label: string,
  options: SourceOptions,
): Promise<Pick<OpenSource, 'format' | 'bytes' | 'plainPath'>> {
  const { formats = FORMATS } = options;
  const raw = await peek(measured, SNIFF_BYTES);
  const asked = options.format === undefined ? undefined : formats.get(options.format);
  const own = ownFormat(asked ?? formatOfName(name, formats).format);
  // What holds no rows otherwise may well hold them in a format of one's own.
  const refuse = own === undefined ? refuseForeignContent : refusePointer;
  refuse(raw.head, label);
  // A pipe has no name, and the end of an address need not be one.
  const named = path === undefined || asked !== undefined ? formatOfName(name, formats) : requireFormat(name, formats);
  const compression = sniffCompression(raw.head) ?? (isUnpacked ? undefined : named.compression);
  const isPlain = compression === undefined;
  const plain = isPlain ? raw : await peek(decompress(raw.stream, compression, label, options.signal), SNIFF_BYTES);
  if (!isPlain) refuse(plain.head, label);
  const wanted = asked ?? named.format;
  const told = own ?? toldByHead(plain.head, wanted, formats);
  if (told?.isBinary === true) return { format: told, bytes: plain.stream, plainPath: isPlain ? path : undefined };
  const text = await peek(asUtf8(plain.stream, plain.head, label), SNIFF_BYTES);
  return { format: told ?? FORMATS.get(textFormatOf(wanted?.name, text.head)), bytes: text.stream, plainPath: undefined };
}

function ownFormat(format: RowFormat | undefined): RowFormat | undefined {
  return format === undefined || FORMATS.has(format.name) ? undefined : format;
}

/** The format that the first bytes tell: one that is built in, whatever was wanted; one of somebody's own where nothing was. Else a binary one that was wanted. */
function toldByHead(head: Uint8Array, wanted: RowFormat | undefined, formats: Registry<RowFormat>): RowFormat | undefined {
  const found = [...(wanted === undefined ? formats : FORMATS)].find((format: RowFormat) => format.recognises?.(head) === true);
  return found ?? (wanted?.isBinary === true ? wanted : undefined);
}

async function openRaw(source: string, options: SourceOptions): Promise<RawSource> {
  const held = options.inMemory?.get(source);
  if (held !== undefined) return { stream: once(held), numBytes: held.length, name: 'rows.jsonl' };
  const name = parseSourceName(source, () => hubEndpoint(options));
  switch (name.kind) {
    case 'stdin':
      return { stream: asBytes(options.stdin ?? process.stdin), numBytes: undefined, name: '' };
    case 'url':
      return { ...(await openWebFile(name.url, options)), name: name.url.pathname };
    case 'hub':
      requireFormat(name.path, options.formats);
      return { ...(await openHubFile(name, options)), name: name.path };
    case 'object': {
      const { ObjectStore } = await import('../object-store/object-store.ts');
      return { ...(await (await ObjectStore.open(source, options)).stream(name)), name: name.key };
    }
    case 'path':
      return await openPath(source);
  }
}

async function openPath(path: string): Promise<RawSource> {
  try {
    const file = await stat(path);
    if (file.isDirectory()) throw new FileError('cannot be read: is a folder', { where: path, hint: 'name a file' });
    // A pipe with a path, as `<(command)` of a shell: it comes once, and its name says nothing.
    if (!file.isFile()) return { stream: fileBytes(path), numBytes: undefined, name: path };
    return { stream: fileBytes(path), numBytes: file.size, name: path, path };
  } catch (error) {
    throw asFileError(error, path, 'read');
  }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
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
