import { ConfigError, defineRegistry, type Registry } from '@pharmacist/core';
import { arrow } from './arrow.ts';
import { csv } from './csv.ts';
import { json } from './json.ts';
import { jsonl } from './jsonl.ts';
import { parquet } from './parquet.ts';
import type { RowFormat } from './row-format.ts';

/** Every row format. A new one is a file and a word here. */
export const FORMATS = defineRegistry('row format', [jsonl, json, csv, parquet, arrow]);

/** The formats with further ones behind them. @throws {ConfigError} if one has a name, or an extension, that is taken. */
export function withFormats(formats: Registry<RowFormat>, further: readonly RowFormat[]): Registry<RowFormat> {
  const all = formats.with(further);
  const readers = new Map<string, string>();
  for (const { name, extensions } of all) {
    for (const extension of extensions) {
      const other = readers.get(extension);
      if (other !== undefined) {
        throw new ConfigError(`"${name}" cannot be added: files that end in ${extension} are read as ${other}`, {
          where: formats.kind,
          hint: 'give it other extensions',
        });
      }
      readers.set(extension, name);
    }
  }
  return all;
}
