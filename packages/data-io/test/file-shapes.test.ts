import { readFile, writeFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { inspectRows, readRows, streamRecords, writeRows } from '../src/index.ts';
import { temporaryFolder } from './temporary-folder.ts';

const at = temporaryFolder();
const ROWS = [
  { prompt: 'How do I 0?', response: 'I can’t, sorry.' },
  { prompt: 'How do I 1?', response: 'No, "never".' },
];
const LINES = ROWS.map((row) => `${JSON.stringify(row)}\n`).join('');
const column = (name: 'prompt' | 'response') => ROWS.map((row) => row[name]);
const CSV = `,prompt,response\n${ROWS.map(({ prompt, response }, i) => `${i},${prompt},"${response.replaceAll('"', '""')}"\n`).join('')}`;

function utf16(text: string, isBigEndian = false, mark = '\ufeff'): Buffer {
  const bytes = Buffer.from(mark + text, 'utf16le');
  return isBigEndian ? bytes.swap16() : bytes;
}

async function read(name: string, contents: string | Uint8Array) {
  await writeFile(at(name), contents);
  return readRows(at(name));
}

describe('shapes of files that give the right rows', () => {
  it.each<[string, string, string | Uint8Array]>([
    ['an array in .jsonl', 'a.jsonl', JSON.stringify(ROWS)],
    ['a printed array in .jsonl', 'a.jsonl', JSON.stringify(ROWS, null, 2)],
    ['an array in .ndjson, with a byte-order mark', 'a.ndjson', `\ufeff${JSON.stringify(ROWS, null, 2)}`],
    ['an array in .jsonl.gz', 'a.jsonl.gz', gzipSync(JSON.stringify(ROWS))],
    ['objects over several lines, as jq prints them', 'a.jsonl', ROWS.map((row) => JSON.stringify(row, null, 2)).join('\n')],
    ['an object a line in .json', 'a.json', LINES],
    ['{"data": […]}', 'a.json', JSON.stringify({ data: ROWS })],
    ['{"data": […]}, printed', 'a.json', JSON.stringify({ data: ROWS }, null, 2)],
    ['{"data": […]} in .jsonl', 'a.jsonl', `${JSON.stringify({ data: ROWS })}\n`],
    ['{"data": […]}, a row a line', 'a.json', `{"data": [\n${ROWS.map((row) => JSON.stringify(row)).join(',\n')}\n]}`],
    ['rows between other members', 'a.json', JSON.stringify({ version: '1 [', meta: { rows: [1] }, rows: ROWS, size: 2 }, null, 1)],
    ['rows under a name of their own', 'a.json', JSON.stringify({ my_set: ROWS }, null, 2)],
    [
      'pandas, orient=columns',
      'a.json',
      JSON.stringify({ prompt: Object.assign({}, column('prompt')), response: Object.assign({}, column('response')) }),
    ],
    [
      'pandas, orient=columns, in .jsonl',
      'a.jsonl',
      JSON.stringify({ prompt: Object.assign({}, column('prompt')), response: Object.assign({}, column('response')) }),
    ],
    ['pandas, orient=index, in .jsonl', 'a.jsonl', JSON.stringify(Object.assign({}, ROWS))],
    ['pandas, orient=index', 'a.json', JSON.stringify(Object.assign({}, ROWS))],
    [
      'pandas, orient=split',
      'a.json',
      JSON.stringify({ columns: ['prompt', 'response'], index: [0, 1], data: ROWS.map((row) => Object.values(row)) }),
    ],
    ['pandas, orient=table', 'a.json', JSON.stringify({ schema: { fields: [{ name: 'prompt' }] }, data: ROWS })],
    ['pandas, orient=records', 'a.json', JSON.stringify(ROWS)],
    ['lists of columns', 'a.json', JSON.stringify({ prompt: column('prompt'), response: column('response') })],
    ['rows deep under names', 'a.json', JSON.stringify({ result: { rows: ROWS, total: 2 } })],
    [
      'pandas, orient=columns, with an index of names',
      'a.json',
      JSON.stringify({ prompt: { x: ROWS[0]!.prompt, y: ROWS[1]!.prompt }, response: { x: ROWS[0]!.response, y: ROWS[1]!.response } }),
    ],
    ['objects without a line between', 'a.json', ROWS.map((row) => JSON.stringify(row)).join('')],
    ['bars', 'a.csv', CSV.replaceAll(/^[^,]*,/gm, '').replaceAll(/,(?=["r])/g, '|')],
    ["Excel's line that names the separator", 'a.csv', `sep=;\r\n${CSV.replaceAll(/^[^,]*,/gm, '').replaceAll(/,(?=["r])/g, ';')}`],
    ['lines that end in CR alone', 'a.csv', CSV.replaceAll(/^[^,]*,/gm, '').replaceAll('\n', '\r')],
    ['UTF-16 with a byte-order mark', 'a.jsonl', utf16(LINES)],
    ['UTF-16, big-endian', 'a.jsonl', utf16(LINES, true)],
    ['UTF-16 without a byte-order mark', 'a.json', utf16(JSON.stringify(ROWS), false, '')],
    ['UTF-16, big-endian, without a byte-order mark', 'a.csv', utf16(CSV.replaceAll(/^[^,]*,/gm, ''), true, '')],
    ['UTF-16, compressed', 'a.jsonl.gz', gzipSync(utf16(LINES))],
    ['gzip that the name does not mention', 'a.jsonl', gzipSync(LINES)],
    ['tabs', 'a.tsv', CSV.replaceAll(/^[^,]*,/gm, '').replaceAll(/,(?=["r])/g, '\t')],
    ['semicolons', 'a.csv', CSV.replaceAll(/^[^,]*,/gm, '').replaceAll(/,(?=["r])/g, ';')],
  ])('%s', async (_, name, contents) => {
    const { rows } = await read(name, contents);
    expect(rows.map(({ fields }) => fields)).toEqual(ROWS);
  });

  it.each<[string, string[]]>([
    [CSV, ['Unnamed: 0', 'prompt', 'response']],
    [CSV.replaceAll(/^([^,]*),/gm, '$1,$1,').replace(',,', ',Unnamed: 0,'), ['Unnamed: 0.1', 'Unnamed: 0', 'prompt', 'response']],
    [CSV.replaceAll(/$/gm, ',').replace(/,$/, ''), ['Unnamed: 0', 'prompt', 'response', 'Unnamed: 3']],
  ])('names the columns of %j as pandas does', async (csv, names) => {
    const { rows } = await read('index.csv', csv);
    expect(rows.map(({ prompt, response }) => ({ prompt, response }))).toEqual(ROWS);
    expect(Object.keys(rows[0]!.fields)).toEqual(names);
  });

  it('reads Parquet and Arrow by their contents, whatever the name says', async () => {
    for (const extension of ['parquet', 'arrow']) {
      await writeRows(
        at(`whole.${extension}`),
        ROWS.map((fields) => ({ fields })),
      );
      const { rows, report } = await read('misnamed.jsonl', await readFile(at(`whole.${extension}`)));
      expect([rows.map(({ fields }) => fields), report.format]).toEqual([ROWS, extension]);
    }
  });

  it('keeps one-line rows whose members look like columns or lists', async () => {
    const row = { prompt: 'p', response: 'r', data: [{ role: 'user', content: 'x' }], scores: { 0: 1 }, examples: [['a']] };
    for (const times of [1, 3]) {
      const { rows } = await read('odd.jsonl', `${JSON.stringify(row)}\n`.repeat(times));
      expect(rows.map(({ fields }) => fields)).toEqual(Array.from({ length: times }, () => row));
    }
  });

  it.each(['{"1":{"a":1}}', '{"a":{"0":1}}', '{"set":[{"a":1}]}'])('one object %s a line in .jsonl is a row', async (line) => {
    await writeFile(at('one.jsonl'), `${line}\n`);
    const records = [];
    for await (const { record } of streamRecords(at('one.jsonl'))) records.push(record);
    expect(records).toEqual([JSON.parse(line)]);
  });

  it('reads wrapped rows over any cut of their bytes, in bounded memory', async () => {
    const row = { prompt: 'x'.repeat(3000), response: '}]' };
    const many = Array.from({ length: 100 }, () => row);
    const { rows } = await read('long.json', JSON.stringify({ a: '[{"', data: many, b: [{ c: 1 }] }));
    expect(rows).toHaveLength(100);
    await writeFile(at('long.json'), JSON.stringify({ data: many }));
    expect((await readRows(at('long.json'), { maxRecordBytes: 4000 })).rows).toHaveLength(100);
  });
});

describe('shapes of files that are refused with one message', () => {
  const LFS = `version https://git-lfs.github.com/spec/v1\noid sha256:${'a'.repeat(64)}\nsize 123\n`;
  const message = async (name: string, contents: string | Uint8Array) =>
    await read(name, contents).then(
      () => 'was read',
      (error: { describe(): string }) => error.describe().replaceAll(at('x').slice(0, -1), ''),
    );

  it.each<[string, string | Uint8Array, string]>([
    [
      'a.jsonl',
      LFS,
      'E_DATA a.jsonl: is a Git LFS pointer: the rows themselves were not downloaded. Fix: fetch the contents: git lfs install',
    ],
    ['a.parquet', LFS, 'E_DATA a.parquet: is a Git LFS pointer'],
    ['a.csv', LFS, 'E_DATA a.csv: is a Git LFS pointer'],
    ['a.jsonl.gz', LFS, 'E_DATA a.jsonl.gz: is a Git LFS pointer'],
    ['a.jsonl.zst', LFS, 'E_DATA a.jsonl.zst: is a Git LFS pointer'],
    ['a.jsonl', gzipSync(LFS), 'E_DATA a.jsonl: is a Git LFS pointer'],
    ['a.jsonl', '/annex/objects/SHA256E-s3--abc.jsonl\n', 'E_DATA a.jsonl: is a git-annex pointer'],
    ['a.jsonl', '<!DOCTYPE html>\n<html></html>', 'E_DATA a.jsonl: is a web page or XML, not rows'],
    ['a.parquet', '<html>', 'E_DATA a.parquet: is a web page or XML, not rows'],
    ['a.jsonl', 'PK\x03\x04zip', 'E_DATA a.jsonl: is a zip archive, not rows. Fix: unpack it'],
    ['a.jsonl', Buffer.from('fd377a585a0000', 'hex'), 'E_DATA a.jsonl: is xz-compressed data'],
    ['a.xlsx', 'PK\x03\x04zip', 'E_DATA a.xlsx: is a spreadsheet, which is not read. Fix: save it as CSV'],
    ['a.jsonl.bz2', 'BZh91AY&SY', 'E_DATA a.jsonl.bz2: is bzip2-compressed data, not rows. Fix: unpack it first'],
    ['a.jsonl', `${LINES}\0\0\0\0`, 'E_DATA a.jsonl:3: is zero bytes alone: the file was not written to its end'],
    ['a.csv', `sep=;\nprompt;response\na;b\nc\n`, 'E_DATA a.csv:4: has 1 value, the header has 2 columns'],
    ['a.jsonl', Buffer.from('0000007b00000022', 'hex'), 'E_DATA a.jsonl: is UTF-32 text'],
    ['a.jsonl', Buffer.from('fffe00007b000000', 'hex'), 'E_DATA a.jsonl: is UTF-32 text. Fix: convert it to UTF-8: iconv'],
    ['a.jsonl', utf16(LINES).subarray(0, -1), 'E_DATA a.jsonl: is cut short, or is not valid UTF-16'],
    [
      'a.json',
      JSON.stringify({ train: ROWS, test: ROWS }),
      'E_DATA a.json:1: holds two lists of rows, "train" and "test". Fix: write one of them',
    ],
    ['a.json', `{"data":[${LINES.trim().split('\n')[0]!},`, 'E_DATA a.json:1: is cut short: the array has no end. Fix: copy'],
    ['a.json', '{\n"data":[{"prompt":"p","response":"r"}]\n', 'E_DATA a.json:3: is cut short: the object (it starts at line 1) has no end'],
    ['a.json', `${JSON.stringify({ data: ROWS }, null, 1)}\n{}`, 'goes on after the end of the "data"'],
    [
      'a.jsonl',
      `${LINES}{"prompt":"p","response":"r","score":NaN}`,
      'E_DATA a.jsonl:3: is not valid JSON: NaN and Infinity, as Python writes them',
    ],
    ['a.jsonl', `${LINES}{"prompt":"p","response":"NaN, [Infinity]"} x`, 'E_DATA a.jsonl:3: is not valid JSON (Unexpected non-white'],
    ['a.jsonl', `{"prompt": "p", "resp\n${LINES}`, 'E_DATA a.jsonl:1: is not valid JSON (Unterminated string'],
    ['a.jsonl', `{"prompt": "p"\n${LINES}`, "E_DATA a.jsonl:1: is not valid JSON (Expected ',' or '}'"],
    ['a.jsonl', `${LINES}not json`, 'E_DATA a.jsonl:3: is not valid JSON (Unexpected token'],
    ['a.jsonl', `${LINES}{"prompt":"p","respon`, 'E_DATA a.jsonl:3: ends in the middle of a record: the file is cut short'],
  ])('%s %j', async (name, contents, expected) => {
    expect(await message(name, contents)).toContain(expected);
  });

  it('does not skip the end of a file that is cut short, but a last line that is merely bad', async () => {
    await writeFile(at('cut.jsonl'), `${LINES}{"prompt":"p","respon`);
    await expect(readRows(at('cut.jsonl'), { skipInvalid: true })).rejects.toMatchObject({
      code: 'E_DATA',
      hint: 'copy or download the file again; if it ends there, take the last line out',
    });
    await writeFile(at('bad.jsonl'), `${LINES}{"prompt":"p","score":NaN}`);
    const { rows, report } = await readRows(at('bad.jsonl'), { skipInvalid: true });
    expect([rows.length, report.numSkipped]).toEqual([2, 1]);
  });

  it('inspect says the same', async () => {
    await writeFile(at('lfs.jsonl'), LFS);
    await expect(inspectRows(at('lfs.jsonl'))).rejects.toMatchObject({
      code: 'E_DATA',
      message: expect.stringContaining('Git LFS') as string,
    });
  });
});
