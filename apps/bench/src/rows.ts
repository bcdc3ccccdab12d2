import { join } from 'node:path';
import { ConfigError, pathExists } from '@pharmacist/core';
import { type AlignmentRow, readRows, writeRows } from '@pharmacist/data-io';
import { bundledPath } from '@pharmacist/test-fixtures';

/** The three files of a selection. */
export interface PoolFiles {
  readonly alignment: string;
  readonly harmful: string;
  readonly validation: string;
}

export function poolFiles(dir: string): PoolFiles {
  return { alignment: join(dir, 'alignment.jsonl'), harmful: join(dir, 'harmful.jsonl'), validation: join(dir, 'validation.jsonl') };
}

/** The rows that ship with the project. */
export const BUNDLED_POOL = poolFiles(bundledPath('data', 'demo'));

/** The bundled tiny model. @throws {ConfigError} if it is not there. */
export async function tinyModel(): Promise<string> {
  const dir = bundledPath('models', 'tiny');
  if (await pathExists(join(dir, 'model.safetensors'))) return dir;
  throw new ConfigError('the tiny model is not in this checkout', { where: dir, hint: 'name a model directory by --model' });
}

/**
 * `numRows` rows made from fewer: each repetition keeps the length of its row and its kind, starts the answer at another word, and has an
 * id of its own. A ranking of them means nothing; what ranking them costs does.
 */
export function repeatRows(rows: readonly AlignmentRow[], numRows: number): { id: string; prompt: string; response: string }[] {
  return Array.from({ length: numRows }, (_, i) => {
    const row = rows[i % rows.length]!;
    const repetition = Math.floor(i / rows.length);
    const words = row.response.split(' ');
    const start = repetition % words.length;
    return { id: `${row.id}-${repetition}`, prompt: row.prompt, response: [...words.slice(start), ...words.slice(0, start)].join(' ') };
  });
}

/** Writes a pool of `numRows` rows made from the bundled ones. */
export async function writeRepeatedPool(path: string, numRows: number): Promise<void> {
  const { rows } = await readRows(BUNDLED_POOL.alignment);
  await writeRows(path, repeatRows(rows, numRows).map(asWritable));
}

/** Writes rows so long that every one fills `numTokens` tokens and is cut there: each batch has the same shape. */
export async function writeLongRows(path: string, source: string, numRows: number, numTokens: number): Promise<void> {
  const { rows } = await readRows(source);
  const long = repeatRows(rows, numRows).map(({ id, response }) => {
    // A token of any tokenizer is at most as long as a word; a short prompt leaves room for an answer.
    const words = Array.from({ length: Math.ceil(numTokens / response.split(' ').length) }, () => response).join(' ');
    return { id, prompt: id, response: words };
  });
  await writeRows(path, long.map(asWritable));
}

function asWritable(fields: { id: string; prompt: string; response: string }): { fields: Record<string, unknown> } {
  return { fields };
}
