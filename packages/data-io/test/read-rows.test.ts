import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { derivedId, exactDuplicates, inspectRows, parseFieldMap, readRows, writeJsonl } from '../src/index.ts';
import { temporaryFolder } from './temporary-folder.ts';

const at = temporaryFolder();
const lines = (records: readonly object[]) => records.map((record) => `${JSON.stringify(record)}\n`).join('');

describe('ids', () => {
  it('come from the row, else from its contents, and repeat for nobody', async () => {
    const base = derivedId('p', 'r');
    const records = [
      { id: 'own', prompt: 'p', response: 'r' },
      { prompt: 'p', response: 'r' },
      { prompt: 'p', response: 'r', other: 1 },
      { id: null, prompt: 'p', response: 'r' },
      { id: 12, prompt: 'p', response: 'x' },
      { id: `${base}-2`, prompt: 'q', response: 'r' },
    ];
    await writeFile(at('ids.jsonl'), lines(records));
    const { rows } = await readRows(at('ids.jsonl'));
    expect(rows.map(({ id }) => id)).toEqual(['own', base, `${base}-3`, `${base}-4`, '12', `${base}-2`]);
  });

  it('are the first 16 digits of the hash of canonical JSON', () => {
    const expected = createHash('sha256').update('{"prompt":"p","response":"r"}').digest('hex').slice(0, 16);
    expect(derivedId('p', 'r')).toBe(expected);
    expect(derivedId('pr', '')).not.toBe(derivedId('p', 'r'));
  });

  it('can come from a mapped field, which every row must then have', async () => {
    await writeFile(at('uid.jsonl'), lines([{ uid: 'a', prompt: 'p', response: 'r' }]));
    expect((await readRows(at('uid.jsonl'), { map: parseFieldMap('id=uid') })).rows[0]!.id).toBe('a');
    await expect(readRows(at('uid.jsonl'), { map: parseFieldMap('id=uuid') })).rejects.toMatchObject({
      where: `${at('uid.jsonl')}:1 field "uuid"`,
    });
  });
});

it('reports exact duplicates by id and line', async () => {
  await writeFile(
    at('double.jsonl'),
    lines([
      { prompt: 'a', response: 'b' },
      { prompt: 'a', response: 'c' },
      { prompt: 'a', response: 'b' },
    ]),
  );
  const { rows, report } = await readRows(at('double.jsonl'));
  const id = derivedId('a', 'b');
  expect(report.duplicates).toEqual({ numRows: 3, numDistinct: 2, numDuplicates: 1, groups: [{ ids: [id, `${id}-2`], lines: [1, 3] }] });
  expect(exactDuplicates(rows.slice(0, 2))).toEqual({ numRows: 2, numDistinct: 2, numDuplicates: 0, groups: [] });
});

it('gives rows back as they were, numbers and key order included', async () => {
  const text = '{"prompt": "p", "response": "r", "score": 1.0, "10": 12345678901234567890}\n';
  await writeFile(at('exact.jsonl'), text);
  await writeJsonl(at('exact-out.jsonl'), (await readRows(at('exact.jsonl'))).rows);
  expect(await readFile(at('exact-out.jsonl'), 'utf8')).toBe(text);
});

it('hashes the stored bytes', async () => {
  const bytes = gzipSync(lines([{ prompt: 'a', response: 'b' }]));
  await writeFile(at('hash.jsonl.gz'), bytes);
  const { report } = await readRows(at('hash.jsonl.gz'));
  expect([report.sha256, report.bytes]).toEqual([createHash('sha256').update(bytes).digest('hex'), bytes.length]);
});

it('reads one-row pools and prompts without a response', async () => {
  await writeFile(at('one.jsonl'), lines([{ prompt: 'a', category: 'c' }]));
  const { rows, table } = await readRows(at('one.jsonl'), { requireResponse: false });
  expect(rows).toMatchObject([{ prompt: 'a', response: '', fields: { prompt: 'a', category: 'c' } }]);
  expect((await table()).getChild('response')!.toJSON()).toEqual(['']);
});

describe('inspectRows', () => {
  it('counts fields, lengths, repetitions and problems', async () => {
    const records = [
      { id: 1, prompt: 'one', response: 'a b', tags: ['x'] },
      { id: 2, prompt: 'One!', response: 'a b c', tags: null },
      { id: 3, prompt: 'one', response: 'a b', score: 0.5 },
      { id: 3, prompt: 'other words', response: 'd' },
      { id: 5, prompt: 'no answer' },
    ];
    await writeFile(at('inspect.jsonl'), `${lines(records)}broken\n`);
    const found = await inspectRows(at('inspect.jsonl'));
    expect(found).toMatchObject({ format: 'jsonl', numRecords: 6, numRows: 3, numInvalid: 3 });
    expect(found.fields).toEqual([
      { name: 'id', types: { number: 5 }, numNull: 0, numMissing: 0 },
      { name: 'prompt', types: { string: 5 }, numNull: 0, numMissing: 0 },
      { name: 'response', types: { string: 4 }, numNull: 0, numMissing: 1 },
      { name: 'tags', types: { list: 1 }, numNull: 1, numMissing: 3 },
      { name: 'score', types: { number: 1 }, numNull: 0, numMissing: 4 },
    ]);
    expect(found.prompt).toEqual({ characters: { min: 3, median: 3, p90: 11, max: 11 }, words: { min: 1, median: 1, p90: 2, max: 2 } });
    expect(found.response).toEqual({ characters: { min: 1, median: 3, p90: 5, max: 5 }, words: { min: 1, median: 2, p90: 3, max: 3 } });
    expect(found.duplicateRows).toEqual({ count: 1, first: [{ line: 3, firstLine: 1 }] });
    expect(found.duplicatePrompts).toEqual({
      count: 2,
      first: [
        { line: 2, firstLine: 1 },
        { line: 3, firstLine: 1 },
      ],
    });
    expect(found.problems.first.map(({ line, field }) => [line, field])).toEqual([
      [4, 'id'],
      [5, 'response'],
      [6, undefined],
    ]);
  });

  it('describes a file whose fields it cannot name', async () => {
    await writeFile(at('foreign.jsonl'), lines([{ text: 't', label: 1 }]));
    const found = await inspectRows(at('foreign.jsonl'));
    expect(found).toMatchObject({ numRecords: 1, numRows: 0, numInvalid: 1, prompt: undefined });
    expect(found.fields.map(({ name }) => name)).toEqual(['text', 'label']);
    expect(found.problems.hint).toContain('--map');
    expect(found.kind).toBe('rows');
  });

  it.each([
    ['prompts', [{ prompt: 'a b' }, { prompt: '' }, { prompt: 'A b!' }], 2, [[2, 'prompt']]],
    ['prompts', [{ messages: [{ role: 'user', content: 'a b' }] }, { messages: [] }], 1, [[2, 'messages']]],
    ['rows', [{ prompt: 'a b' }, { prompt: 'a', response: 'b' }], 1, [[1, 'response']]],
    ['rows', [{ prompt: 'a b', response: null }], 0, [[1, 'response']]],
  ] as const)('tells a file of prompts from one in which answers are missing: %s %j', async (kind, records, numRows, problems) => {
    await writeFile(at('prompts.jsonl'), lines(records));
    const found = await inspectRows(at('prompts.jsonl'));
    expect(found).toMatchObject({ kind, numRecords: records.length, numRows, numInvalid: records.length - numRows });
    expect(found.problems.first.map(({ line, field }) => [line, field])).toEqual(problems);
    if (kind === 'prompts') {
      expect(found.prompt!.words.median).toBe(2);
      expect(found.response).toBeUndefined();
      expect(found.duplicatePrompts.count).toBe(numRows - 1);
    }
  });

  it('takes no file for prompts whose answers are named by a map', async () => {
    await writeFile(at('prompts.jsonl'), lines([{ prompt: 'a' }]));
    const found = await inspectRows(at('prompts.jsonl'), { map: { response: 'reply' } });
    expect(found).toMatchObject({ kind: 'rows', numRows: 0, problems: { count: 1, hint: expect.stringContaining('--map') as string } });
  });
});
