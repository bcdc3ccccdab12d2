import { extname } from 'node:path';
import { ConfigError, didYouMean } from '@pharmacist/core';
import { isJsonDocument } from './json-document.ts';

/** Encodings of rows. Arrow covers the file form (Feather 2) and the stream form; the reader tells them apart. */
export type RowFormat = 'jsonl' | 'json' | 'csv' | 'parquet' | 'arrow';
/** Compressions of a whole file, outside the format. */
export type Compression = 'gzip' | 'zstd';

const FORMAT_BY_EXTENSION: ReadonlyMap<string, RowFormat> = new Map([
  ['.jsonl', 'jsonl'],
  ['.ndjson', 'jsonl'],
  ['.json', 'json'],
  ['.csv', 'csv'],
  ['.tsv', 'csv'],
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

/** Parquet or Arrow by magic number; it counts more than the name. */
export function sniffBinary(head: Uint8Array): 'parquet' | 'arrow' | undefined {
  const text = Buffer.from(head.buffer, head.byteOffset, Math.min(head.byteLength, 8)).toString('latin1');
  if (text.startsWith('PAR1')) return 'parquet';
  return text.startsWith('ARROW1') || text.startsWith('\xff\xff\xff\xff') ? 'arrow' : undefined;
}

/**
 * Which text format it is. CSV is what the name says. JSON and JSON Lines are often named for one another: one object a line is JSON Lines, an
 * array or an object over several lines or one that holds all rows is JSON. Without a name anything else is CSV.
 * @param head the first bytes, as UTF-8.
 */
export function textFormatOf(named: RowFormat | undefined, head: Uint8Array): RowFormat {
  if (named === 'csv') return 'csv';
  const text = Buffer.from(head.buffer, head.byteOffset, head.byteLength)
    .toString('utf8')
    .replace(/^\ufeff/, '')
    .trimStart();
  if (text.startsWith('[')) return 'json';
  if (text.startsWith('{')) return isJsonDocument(text, named === 'jsonl') ? 'json' : 'jsonl';
  return named ?? (text === '' ? 'jsonl' : 'csv');
}
