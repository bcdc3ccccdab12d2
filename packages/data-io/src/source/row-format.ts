import { extname } from 'node:path';
import { ConfigError, didYouMean } from '@pharmacist/core';

/** Encodings of rows. Arrow covers the file form (Feather 2) and the stream form; the reader tells them apart. */
export type RowFormat = 'jsonl' | 'json' | 'csv' | 'parquet' | 'arrow';
/** Compressions of a whole file, outside the format. */
export type Compression = 'gzip' | 'zstd';

const FORMAT_BY_EXTENSION: ReadonlyMap<string, RowFormat> = new Map([
  ['.jsonl', 'jsonl'],
  ['.ndjson', 'jsonl'],
  ['.json', 'json'],
  ['.csv', 'csv'],
  ['.parquet', 'parquet'],
  ['.arrow', 'arrow'],
  ['.arrows', 'arrow'],
  ['.feather', 'arrow'],
  ['.ipc', 'arrow'],
]);
const COMPRESSION_BY_EXTENSION: ReadonlyMap<string, Compression> = new Map([
  ['.gz', 'gzip'],
  ['.zst', 'zstd'],
]);

/** Format and compression as the name says: `pool.jsonl.gz` is gzip around JSON Lines. Undefined where the name does not say. */
export function formatOfName(name: string): { format: RowFormat | undefined; compression: Compression | undefined } {
  const lower = name.toLowerCase();
  const outer = extname(lower);
  const compression = COMPRESSION_BY_EXTENSION.get(outer);
  const inner = compression === undefined ? outer : extname(lower.slice(0, -outer.length));
  return { format: FORMAT_BY_EXTENSION.get(inner), compression };
}

/** @throws {ConfigError} if the name's extension is of no known format. */
export function requireFormat(name: string): { format: RowFormat; compression: Compression | undefined } {
  const { format, compression } = formatOfName(name);
  if (format !== undefined) return { format, compression };
  const extensions = [...FORMAT_BY_EXTENSION.keys()];
  const bare = compression === undefined ? name : name.slice(0, name.lastIndexOf('.'));
  const near = extname(bare) === '' ? undefined : didYouMean(extname(bare), extensions);
  throw new ConfigError(`the name does not say which format it holds.${near === undefined ? '' : ` Did you mean "${near}"?`}`, {
    where: name,
    hint: `end the name in ${extensions.join(', ')} (then .gz or .zst if compressed)`,
  });
}

/** Compression by its magic number. */
export function sniffCompression(head: Uint8Array): Compression | undefined {
  if (head[0] === 0x1f && head[1] === 0x8b) return 'gzip';
  if (head[0] === 0x28 && head[1] === 0xb5 && head[2] === 0x2f && head[3] === 0xfd) return 'zstd';
  return undefined;
}

/** Format by magic number, else by the first character that is not space: `[` opens JSON, `{` JSON Lines, anything else is CSV. */
export function sniffFormat(head: Uint8Array): RowFormat {
  const text = Buffer.from(head.buffer, head.byteOffset, head.byteLength).toString('latin1');
  if (text.startsWith('PAR1')) return 'parquet';
  if (text.startsWith('ARROW1') || text.startsWith('\xff\xff\xff\xff')) return 'arrow';
  const first = text.replace(/^\xef\xbb\xbf/, '').trimStart()[0];
  return first === '[' ? 'json' : first === '{' || first === undefined ? 'jsonl' : 'csv';
}
