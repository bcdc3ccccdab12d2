import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseFieldMap, readRows, type ReadOptions, writeJsonl, writeRows } from '../src/index.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pharmacist-packed-'));
});
afterAll(async () => await rm(folder, { recursive: true, force: true }));
const at = (name: string): string => join(folder, name);

const TEXTS: Record<string, string> = {
  'plain.jsonl': '{"prompt":"a","response":"b"}\n{"prompt":"a","response":"b"}\n{"prompt":"a","response":"c","kind":"good"}\n',
  'exact.jsonl': '{"prompt": "p", "response": "r", "score": 1.0, "10": 12345678901234567890, "__proto__": {"x": -0.0}}\n',
  'ids.jsonl':
    '{"id":"x","prompt":"a","response":"b"}\n{"prompt":"é — “q”","response":"\\ud83d \\n 日本"}\n{"id":7,"prompt":"a","response":"b"}\n',
  'chat.jsonl': '{"messages":[{"role":"system","content":"S"},{"role":"user","content":"U"},{"role":"assistant","content":"A"}]}\n',
  'many.jsonl': Array.from({ length: 10_000 }, (_, i) => `{"prompt":"p${i % 9_700}","response":"${'é'.repeat(1 + (i % 500))}"}\n`).join(''),
  'long.jsonl': `{"prompt":"p","response":"${'x'.repeat(5_000_000)}"}\n{"prompt":"q","response":"y"}\n`,
};

describe('packed rows', () => {
  beforeAll(async () => {
    for (const [name, text] of Object.entries(TEXTS)) await writeFile(at(name), text);
    const rows = [
      { prompt: 'a', response: 'b', n: 1, s: 0.5, list: [{ x: null }] },
      { prompt: 'c', response: 'd', n: 2, s: -1, list: [] },
    ];
    for (const name of ['typed.parquet', 'typed.arrow', 'typed.csv'])
      await writeRows(
        at(name),
        rows.map((fields) => ({ fields })),
      );
  });

  it.each<[string, ReadOptions?]>([
    ...Object.keys(TEXTS).map((name): [string] => [name]),
    ['typed.parquet'],
    ['typed.arrow'],
    ['typed.csv'],
    ['plain.jsonl', { map: parseFieldMap('prompt=response,response=prompt') }],
  ])('of %s are those that are not packed, and are written the same', async (name, options = {}) => {
    const expected = await readRows(at(name), options);
    const { rows, report, idOrder, inOrder } = await readRows(at(name), { ...options, isPacked: true, keptBytes: 0 });
    const partsOf = (all: typeof rows) =>
      all.map(({ id, prompt, response, parts, fields, position }) => ({ id, prompt, response, parts, fields, position }));
    expect(partsOf(rows)).toEqual(partsOf(expected.rows));
    // In another order, too: only one row is kept parsed.
    expect(partsOf(rows.toReversed())).toEqual(partsOf(expected.rows).toReversed());
    expect(report).toEqual(expected.report);
    const order = await idOrder();
    expect([...order].map((number) => rows[number]!.id)).toEqual(expected.rows.map(({ id }) => id).toSorted((a, b) => (a < b ? -1 : 1)));
    expect(partsOf(await inOrder(order))).toEqual(partsOf(await expected.inOrder(order)));
    await writeJsonl(at('expected.jsonl'), expected.rows);
    await writeJsonl(at('packed.jsonl'), rows);
    expect(await readFile(at('packed.jsonl'), 'utf8')).toBe(await readFile(at('expected.jsonl'), 'utf8'));
  });
});
