import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundledPath } from '@pharmacist/test-fixtures';
import { writeRandomModel } from './random-model.ts';

export interface Scene {
  dir: string;
  path(name: string): string;
  write(name: string, text: string): Promise<void>;
  /** Writes the first rows of files of the small bundled data to `small/`. */
  writeSmall(numRows: Readonly<Record<string, number>>): Promise<void>;
  remove(): Promise<void>;
}

/** A folder with a random model in `model` and a few bundled rows in pool.jsonl, harmful.jsonl and trusted.jsonl. */
export async function createScene(): Promise<Scene> {
  const dir = await mkdtemp(join(tmpdir(), 'pharmacist-cli-'));
  const path = (name: string) => join(dir, name);
  const write = async (name: string, text: string) => await writeFile(path(name), text);
  await writeRandomModel(path('model'));
  const firstRows = async (file: string, numRows: number) =>
    (await readFile(bundledPath('data', file), 'utf8')).split('\n').slice(0, numRows).join('\n');
  await write('pool.jsonl', await firstRows('demo/alignment.jsonl', 40));
  await write('harmful.jsonl', await firstRows('demo/harmful.jsonl', 8));
  await write('trusted.jsonl', await firstRows('demo/validation.jsonl', 8));
  const writeSmall = async (numRows: Readonly<Record<string, number>>) => {
    await mkdir(path('small'), { recursive: true });
    for (const [name, count] of Object.entries(numRows)) await write(`small/${name}.jsonl`, await firstRows(`small/${name}.jsonl`, count));
  };
  return { dir, path, write, writeSmall, remove: async () => await rm(dir, { recursive: true, force: true }) };
}
