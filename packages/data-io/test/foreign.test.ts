import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { readRows, streamRecords } from '../src/index.ts';

/** Written by pyarrow 26.0.1, see foreign/make_foreign.py. */
const foreign = (name: string): string => fileURLToPath(new URL(`foreign/${name}`, import.meta.url));

it.each([
  'snappy.parquet',
  'zstd.parquet',
  'gzip.parquet',
  'brotli.parquet',
  'lz4.parquet',
  'none.parquet',
  'uncompressed.feather',
  'zstd.feather',
  'lz4.feather',
])('reads %s of pyarrow', async (name) => {
  const records = [];
  for await (const record of streamRecords(foreign(name))) records.push(record);
  expect(records).toEqual([
    { line: 1, record: { prompt: 'a', response: 'c', big: 1, list: [1, 2], struct: { x: 1 }, bytes: '/w==' } },
    { line: 2, record: { prompt: '\ufeffb', response: 'd', big: '1152921504606846976', list: null, struct: { x: 2 }, bytes: '' } },
  ]);
});

it('finds invalid UTF-8 in a Parquet text column', async () => {
  const name = foreign('invalid-utf8.parquet');
  await expect(readRows(name)).rejects.toMatchObject({ message: 'is not valid UTF-8', where: `${name}:2 field "response"` });
  expect((await readRows(name, { skipInvalid: true })).report).toMatchObject({ numRead: 2, numSkipped: 1 });
});
