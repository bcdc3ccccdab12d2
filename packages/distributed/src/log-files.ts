import { type FileHandle, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { asFileError, makeFolder } from '@pharmacist/core';

/** Most of a log that a message is looked for in. */
const TAIL_BYTES = 8192;
const MAX_MESSAGE = 2000;
const MAX_LINES = 10;
/** How programs begin what they end with: this one, and those of Python. */
const ERROR_LINE = /^(?:internal )?error\b|^[A-Z]\w*(?:Error|Exception)\b/u;

/** File for what a task prints. */
export function logFileOf(dir: string, id: string): string {
  return join(dir, 'logs', `${id}.log`);
}

/** Opens a log, and makes its folder: earlier attempts are kept. @returns its bytes so far too. @throws {FileError} if it cannot be written. */
export async function openLog(path: string): Promise<{ file: FileHandle; start: number }> {
  try {
    await makeFolder(dirname(path));
    const file = await open(path, 'a');
    return { file, start: (await file.stat()).size };
  } catch (error) {
    throw asFileError(error, path, 'written');
  }
}

/** What the last attempt of a task said at its end. @param from where it begins in the log, in bytes. */
export async function lastWords(path: string, from = 0): Promise<string> {
  let text: string;
  try {
    const file = await open(path, 'r');
    try {
      const { size } = await file.stat();
      const start = Math.max(from, size - TAIL_BYTES);
      const bytes = Buffer.alloc(Math.max(0, size - start));
      await file.read(bytes, 0, bytes.length, start);
      text = bytes.toString('utf8');
    } finally {
      await file.close();
    }
  } catch {
    return '';
  }
  return messageIn(text);
}

/** From the last line on that begins as an error does; without one the last lines. */
export function messageIn(text: string): string {
  const lines = text.trimEnd().split('\n');
  const at = lines.findLastIndex((line) => ERROR_LINE.test(line));
  return lines
    .slice(at === -1 ? -MAX_LINES : at)
    .join('\n')
    .trim()
    .slice(0, MAX_MESSAGE);
}
