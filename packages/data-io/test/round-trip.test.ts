import * as fc from 'fast-check';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { readRows, streamRecords, writeArrow, writeRows } from '../src/index.ts';
import { temporaryFolder } from './temporary-folder.ts';

const at = temporaryFolder();
const FORMATS = ['jsonl', 'json', 'csv', 'parquet', 'arrow'];
const SUFFIXES = ['', '.gz', '.zst'];
const RECORDS = [
  { prompt: 'How do I bake bread?', response: 'With flour, water\nand "time".', topic: 'food' },
  { prompt: 'Grüße, 世界 👩‍👩‍👧', response: 'tab\tand comma, and \r\n line end', topic: '' },
  { prompt: ' leading space', response: '\ufeffmark first, trailing space ', topic: '__proto__' },
];
const rowsOf = (records: readonly Record<string, unknown>[]) => records.map((fields) => ({ fields }));

async function recordsIn(path: string): Promise<Record<string, unknown>[]> {
  const records = [];
  for await (const { record } of streamRecords(path)) records.push(record);
  return records;
}

describe.each(FORMATS)('%s', (format) => {
  it.each(SUFFIXES)('comes back as it was written, compression "%s"', async (suffix) => {
    const path = at(`same.${format}${suffix}`);
    await writeRows(path, rowsOf(RECORDS));
    const { rows, report, table } = await readRows(path);
    expect(rows.map(({ fields }) => fields)).toEqual(RECORDS);
    expect(Object.keys(rows[0]!.fields)).toEqual(['prompt', 'response', 'topic']);
    expect(rows.map(({ prompt }) => prompt)).toEqual(RECORDS.map(({ prompt }) => prompt));
    expect(report).toMatchObject({ format, numRead: 3, numSkipped: 0, bytes: (await readFile(path)).length });
    const columns = await table();
    expect(columns.numRows).toBe(3);
    expect(columns.getChild('response')!.get(1)).toBe(RECORDS[1]!.response);
    expect(columns.schema.fields.map(String)).toEqual(['id: Utf8', 'prompt: Utf8', 'response: Utf8']);
  });

  it.each(SUFFIXES)('is recognised on standard input, compression "%s"', async (suffix) => {
    const path = at(`stdin.${format}${suffix}`);
    await writeRows(path, rowsOf(RECORDS));
    const fromFile = await readRows(path);
    const { rows, report } = await readRows('-', { stdin: createReadStream(path) });
    expect(rows.map(({ fields }) => fields)).toEqual(RECORDS);
    expect(report).toMatchObject({ source: 'standard input', format, sha256: fromFile.report.sha256 });
  });

  it.each(SUFFIXES)('is written with the same bytes each time, compression "%s"', async (suffix) => {
    await writeRows(at(`first.${format}${suffix}`), rowsOf(RECORDS));
    await new Promise((resolve) => setTimeout(resolve, 5));
    // Another object, the rows one by one: only the contents may count.
    await writeRows(at(`second.${format}${suffix}`), rowsOf(structuredClone(RECORDS)).values());
    expect(await readFile(at(`second.${format}${suffix}`))).toEqual(await readFile(at(`first.${format}${suffix}`)));
  });
});

it('writes several zstd files at once', async () => {
  const paths = Array.from({ length: 4 }, (_, i) => at(`at-once-${i}.jsonl.zst`));
  const rows = (i: number) => Array.from({ length: 3000 }, (_, n) => ({ fields: { i, n, text: `row ${n * i}` } }));
  await Promise.all(paths.map((path, i) => writeRows(path, rows(i))));
  for (const [i, path] of paths.entries()) expect(await recordsIn(path)).toEqual(rows(i).map(({ fields }) => fields));
});

it('gives rows of one content the same id in every format', async () => {
  const ids: string[][] = [];
  for (const format of FORMATS) {
    await writeRows(at(`ids.${format}`), rowsOf(RECORDS));
    ids.push((await readRows(at(`ids.${format}`))).rows.map(({ id }) => id));
  }
  expect(ids[0]![0]).toMatch(/^[0-9a-f]{16}$/);
  expect(ids).toEqual(ids.map(() => ids[0]));
});

it('reads the stream form of Arrow and batches of any size', async () => {
  const values = Array.from({ length: 10 }, (_, i) => `value ${i}`);
  const columns = [
    { name: 'prompt', type: 'string' as const, values },
    { name: 'n', type: 'int64' as const, values: values.map((_, i) => i) },
    { name: 'maybe', type: 'double' as const, values: values.map((_, i) => (i % 3 === 0 ? null : i / 2)) },
  ];
  for (const form of ['file', 'stream'] as const) {
    await writeArrow(at(`batches-${form}.arrow`), columns, { form, batchSize: 4 });
    const records = await recordsIn(at(`batches-${form}.arrow`));
    expect(records).toEqual(values.map((prompt, i) => ({ prompt, n: i, maybe: i % 3 === 0 ? null : i / 2 })));
  }
});

it.each(['jsonl', 'parquet', 'arrow'])('keeps numbers, booleans, nulls and nested values in %s', async (format) => {
  const records = [
    { prompt: 'a', response: 'b', score: 0.5, count: 3, good: true, nothing: null },
    { prompt: 'c', response: 'd', score: 2, count: -(2 ** 40), good: false, nothing: null },
  ];
  await writeRows(at(`typed.${format}`), rowsOf(records));
  expect(await recordsIn(at(`typed.${format}`))).toEqual(records);
});

/** Any Unicode text except lone surrogates, which have no UTF-8 form; with more of what formats trip over. */
const nastyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.array(fc.constantFrom('"', ',', '\n', '\r', '\r\n', '\ufeff', '\\', '\u0000', '\u2028', "'", ' ')).map((parts) => parts.join('')),
);
const nastyRecords = fc.array(fc.record({ prompt: nastyText, response: nastyText, ['__proto__']: nastyText }), {
  minLength: 1,
  maxLength: 5,
});

it.each(['jsonl', 'json', 'csv', 'parquet', 'arrow'])('%s brings back any text', async (format) => {
  await fc.assert(
    fc.asyncProperty(nastyRecords, async (records) => {
      const plain = records.map((record) => Object.fromEntries(Object.entries(record)));
      await writeRows(at(`nasty.${format}`), rowsOf(plain));
      const found = await recordsIn(at(`nasty.${format}`));
      expect(found.map((record) => Object.entries(record))).toEqual(plain.map((record) => Object.entries(record)));
    }),
    { numRuns: 60 },
  );
});

it('JSON Lines brings back any JSON value', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.dictionary(fc.string(), fc.jsonValue()), { minLength: 1, maxLength: 5 }), async (records) => {
      const expected = records.map((record) => JSON.parse(JSON.stringify(record)) as Record<string, unknown>);
      for (const format of ['jsonl', 'json']) {
        await writeRows(at(`value.${format}`), rowsOf(records));
        expect((await recordsIn(at(`value.${format}`))).map((record) => JSON.stringify(record))).toEqual(
          expected.map((record) => JSON.stringify(record)),
        );
      }
    }),
    { numRuns: 60 },
  );
});
