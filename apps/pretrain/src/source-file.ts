import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { DataError, FileError, pathExists } from '@pharmacist/core';

/**
 * The whole text of `<folder>/<name>.xz`, decompressed by the `xz` program.
 * @throws {FileError} if the file is missing, `xz` is not installed, or the file is damaged.
 */
export async function readXzText(folder: string, name: string): Promise<string> {
  const path = join(folder, `${name}.xz`);
  if (!(await pathExists(path))) {
    throw new FileError('does not exist', { where: path, hint: 'give the folder of the source data with --data' });
  }
  const child = spawn('xz', ['--decompress', '--stdout', '--', path], { stdio: ['ignore', 'pipe', 'pipe'] });
  const chunks: Buffer[] = [];
  const messages: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => messages.push(chunk));
  let exitCode: number;
  try {
    [exitCode] = (await once(child, 'close')) as [number];
  } catch (error) {
    throw new FileError(`cannot be decompressed: the program xz did not start (${(error as Error).message})`, {
      where: path,
      hint: 'install xz (Debian: xz-utils; macOS: brew install xz)',
      cause: error,
    });
  }
  if (exitCode !== 0) {
    const message = Buffer.concat(messages).toString('utf8').trim();
    throw new FileError(`cannot be decompressed: ${message}`, { where: path, hint: 'fetch the file again' });
  }
  return Buffer.concat(chunks).toString('utf8');
}

/**
 * Rows of `<folder>/<name>.jsonl.xz`. The source files are ours and of known form: only the JSON itself is checked.
 * @throws {FileError} as {@link readXzText} does.
 * @throws {DataError} naming the line that is not JSON.
 */
export async function readXzRows<Row>(folder: string, name: string): Promise<Row[]> {
  const text = await readXzText(folder, `${name}.jsonl`);
  return text
    .split('\n')
    .map((line, index) => ({ line, number: index + 1 }))
    .filter(({ line }) => line.trim() !== '')
    .map(({ line, number }) => {
      try {
        return JSON.parse(line) as Row;
      } catch (error) {
        throw new DataError('is not valid JSON', {
          where: `${join(folder, name)}.jsonl.xz:${number}`,
          hint: 'fetch the file again',
          cause: error,
        });
      }
    });
}
