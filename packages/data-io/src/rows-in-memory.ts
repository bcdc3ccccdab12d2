import { DataError } from '@pharmacist/core';

/**
 * Rows that a program has in hand as JSON Lines: what `inMemory` takes, and byte for byte what a file of them would hold that `JSON.stringify`
 * wrote a line a row.
 * @param label for messages. @throws {DataError} if one is no object, or has no JSON text.
 */
export async function rowsInMemory(rows: Iterable<object> | AsyncIterable<object>, label: string): Promise<Uint8Array> {
  const lines: string[] = [];
  for await (const row of rows) {
    const where = `${label} row ${lines.length + 1}`;
    if (row === null || typeof row !== 'object' || Array.isArray(row)) {
      throw new DataError('is no object', { where, hint: 'give objects with a prompt and a response' });
    }
    try {
      lines.push(JSON.stringify(row));
    } catch (error) {
      throw new DataError(`has no JSON text: ${String(error)}`, { where, hint: 'give texts, numbers, lists and objects', cause: error });
    }
  }
  return new TextEncoder().encode(lines.map((line) => `${line}\n`).join(''));
}
