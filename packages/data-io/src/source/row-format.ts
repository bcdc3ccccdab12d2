import { extname } from 'node:path';
import { ConfigError, didYouMean, type Registry } from '@pharmacist/core';
import { FORMATS } from '../formats/registry.ts';
import type { RowFormat } from '../formats/row-format.ts';
import { isJsonDocument } from './json-document.ts';

/** Compressions of a whole file, outside the format. */
export type Compression = 'gzip' | 'zstd';

/** A format that is built in, which can be written too. */
type BuiltInFormat = typeof FORMATS extends Registry<infer F> ? F : never;

const COMPRESSION_BY_EXTENSION: ReadonlyMap<string, Compression> = new Map([
  ['.gz', 'gzip'],
  ['.zst', 'zstd'],
]);

/** A format, and the compression around it. */
interface NamedFormat<F> {
  readonly format: F;
  readonly compression: Compression | undefined;
}

/** Format and compression as the name says: `pool.jsonl.gz` is gzip around JSON Lines. Undefined where the name does not say. */
export function formatOfName(name: string): NamedFormat<BuiltInFormat | undefined>;
export function formatOfName(name: string, formats: Registry<RowFormat> | undefined): NamedFormat<RowFormat | undefined>;
export function formatOfName(name: string, formats: Registry<RowFormat> = FORMATS): NamedFormat<RowFormat | undefined> {
  const lower = name.toLowerCase();
  const outer = extname(lower);
  const compression = COMPRESSION_BY_EXTENSION.get(outer);
  const inner = compression === undefined ? outer : extname(lower.slice(0, -outer.length));
  return { format: [...formats].find(({ extensions }) => extensions.includes(inner)), compression };
}

/** @throws {ConfigError} if the name's extension is of no known format. */
export function requireFormat(name: string): NamedFormat<BuiltInFormat>;
export function requireFormat(name: string, formats: Registry<RowFormat> | undefined): NamedFormat<RowFormat>;
export function requireFormat(name: string, formats: Registry<RowFormat> = FORMATS): NamedFormat<RowFormat> {
  const { format, compression } = formatOfName(name, formats);
  if (format !== undefined) return { format, compression };
  const extensions = [...formats].flatMap((known) => known.extensions);
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

/**
 * The name of the text format. What the name says holds; but JSON and JSON Lines are often named for one another: one object a line is JSON Lines, an
 * array or an object over several lines or one that holds all rows is JSON. Without a name anything else is CSV.
 * @param head the first bytes, as UTF-8.
 */
export function textFormatOf(named: string | undefined, head: Uint8Array): string {
  if (named !== undefined && named !== 'jsonl' && named !== 'json') return named;
  const text = Buffer.from(head.buffer, head.byteOffset, head.byteLength)
    .toString('utf8')
    .replace(/^\ufeff/, '')
    .trimStart();
  if (text.startsWith('[')) return 'json';
  if (text.startsWith('{')) return isJsonDocument(text, named === 'jsonl') ? 'json' : 'jsonl';
  return named ?? (text === '' ? 'jsonl' : 'csv');
}
