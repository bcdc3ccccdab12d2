import { sha256 } from '@pharmacist/core';
import { expect, it } from 'vitest';
import { readRows } from './read-rows.ts';
import { rowsInMemory } from './rows-in-memory.ts';

const ROWS = [
  { id: 'a', prompt: 'One?', response: 'Yes.' },
  { prompt: 'Two?', response: 'No.', kind: 'good' },
];

it('rows in hand are read as a file of them would be', async () => {
  const bytes = await rowsInMemory(ROWS, 'pool');
  const text = ROWS.map((row) => `${JSON.stringify(row)}\n`).join('');
  const { rows, report } = await readRows('pool', { inMemory: new Map([['pool', bytes]]) });
  expect(report).toMatchObject({ source: 'pool', sha256: sha256(text), bytes: text.length, numRead: 2 });
  expect(rows.map(({ prompt }) => prompt)).toEqual(['One?', 'Two?']);
  expect(rows[0]).toMatchObject({ id: 'a', fields: ROWS[0], position: { source: 'pool', line: 1 } });
});

it('comes from a generator too, and names what is no row', async () => {
  async function* stream() {
    yield* ROWS;
  }
  expect(await rowsInMemory(stream(), 'pool')).toEqual(await rowsInMemory(ROWS, 'pool'));
  await expect(rowsInMemory([ROWS[0]!, 3 as unknown as object], 'pool')).rejects.toMatchObject({
    where: 'pool row 2',
    message: 'is no object',
  });
  await expect(rowsInMemory([{ prompt: 1n }], 'pool')).rejects.toThrow('has no JSON text');
  const wrong = readRows('pool', { inMemory: new Map([['pool', await rowsInMemory([{ question: 1 }], 'pool')]]) });
  await expect(wrong).rejects.toMatchObject({ code: 'E_DATA', where: expect.stringContaining('pool') });
});
