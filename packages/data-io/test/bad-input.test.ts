import { DataError, FileError, InterruptedError, PharmacistError } from '@pharmacist/core';
import { createReadStream } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { readRows, streamRecords, writeCsv, writeParquet, writeRows, type ReadOptions } from '../src/index.ts';
import { temporaryFolder } from './temporary-folder.ts';

const at = temporaryFolder();
const GOOD = '{"prompt":"p1","response":"r1"}\n';
const MAX_LINE = 2000;

const column = (name: string, values: unknown[]) => ({ name, type: 'int32' as const, values });

async function errorOf(promise: Promise<unknown>): Promise<PharmacistError> {
  const error: unknown = await promise.then(
    () => new Error('nothing was thrown'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof PharmacistError)) throw error;
  return error;
}

async function readText(name: string, text: string | Uint8Array, options: ReadOptions = {}) {
  await writeFile(at(name), text);
  return readRows(at(name), options);
}

/** Expects one DataError and gives its text with the folder's name left out. */
async function messageOf(name: string, text: string | Uint8Array, options: ReadOptions = {}): Promise<string> {
  const error = await errorOf(readText(name, text, options));
  expect(error).toBeInstanceOf(DataError);
  expect(error.isUserError).toBe(true);
  return error.describe().replaceAll(at('x').slice(0, -1), '');
}

describe('JSON Lines', () => {
  it.each<[string, string | Uint8Array, string]>([
    ['an invalid line', `${GOOD}{"prompt": oops}\n${GOOD}`, 'E_DATA a.jsonl:2: is not valid JSON (Unexpected token'],
    ['a cut last line', `${GOOD}{"prompt":"p2","resp`, 'E_DATA a.jsonl:2: ends in the middle of a record: the file is cut short'],
    ['a list', `${GOOD}[1]\n`, 'E_DATA a.jsonl:2: is an array, not an object with named fields'],
    ['a number', `${GOOD}5\n`, 'E_DATA a.jsonl:2: is a number, not an object'],
    ['null', `${GOOD}null\n`, 'E_DATA a.jsonl:2: is null, not an object'],
    ['a wrong type', `${GOOD}{"prompt":"p","response":["r"]}\n`, 'E_DATA a.jsonl:2 field "response": message 1 is not an object'],
    ['a missing field', `${GOOD}{"prompt":"p"}\n`, 'E_DATA a.jsonl:2 field "response": is missing'],
    ['an empty answer', `${GOOD}\n{"prompt":"p","response":""}\n`, 'E_DATA a.jsonl:3 field "response": is empty'],
    [
      'invalid UTF-8',
      Buffer.concat([Buffer.from(`${GOOD}{"prompt":"`), Buffer.from([0xff]), Buffer.from('","response":"r"}\n')]),
      'E_DATA a.jsonl:2: is not valid UTF-8',
    ],
    [
      'a line too long',
      `${GOOD}{"prompt":"${'x'.repeat(MAX_LINE)}","response":"r"}\n${GOOD}`,
      'E_DATA a.jsonl:2: is longer than 2000 bytes',
    ],
    [
      'an id of a wrong type',
      `${GOOD}{"id":true,"prompt":"p","response":"r"}\n`,
      'E_DATA a.jsonl:2 field "id": is a boolean, not text or a number',
    ],
    [
      'a repeated id',
      '{"id":7,"prompt":"a","response":"b"}\n{"id":8,"prompt":"a","response":"b"}\n{"id":"7","prompt":"c","response":"d"}\n',
      'E_DATA a.jsonl:3 field "id": is "7", the id of line 1 too',
    ],
    [
      'an id that JSON rounds',
      `${GOOD}{"id":12345678901234567890,"prompt":"p","response":"r"}\n`,
      'a.jsonl:2 field "id": is an integer beyond 2^53',
    ],
    ['no rows', '\n\n', 'E_DATA a.jsonl: holds no rows'],
    ['no bytes', '', 'E_DATA a.jsonl: holds no rows'],
  ])('%s', async (_, text, expected) => {
    expect(await messageOf('a.jsonl', text, { maxRecordBytes: MAX_LINE })).toContain(expected);
  });

  it('lists five problems of a file in one message and counts the rest', async () => {
    const text = await messageOf('many.jsonl', GOOD + '{"prompt":"p"}\nnull\n'.repeat(4));
    expect(text).toMatch(/^E_DATA many.jsonl: 8 problems\n {2}many.jsonl:2 field "response" is missing/);
    expect(text).toContain('\n  many.jsonl:6 field "response" is missing');
    expect(text).not.toContain('many.jsonl:7');
    expect(text).toContain('\n  … and 3 more\n');
    expect(text).toContain('--skip-invalid');
  });

  it('says once how to name the fields where no record has usable ones', async () => {
    const text = await messageOf('unmapped.jsonl', '{"text":"t","label":1}\n'.repeat(5000));
    expect(text).toBe(
      'E_DATA unmapped.jsonl:1 field "prompt": is missing, and so are its other names (instruction, question). Fields here: text, label. ' +
        'Fix: name the fields, for instance --map prompt=question,response=answer',
    );
  });

  it('skips and counts on request', async () => {
    const { rows, report } = await readText(
      'skip.jsonl',
      `${GOOD}{"prompt":"p"}\nnot json\n{"id":1,"prompt":"p2","response":"r2"}\n{"id":1,"prompt":"p3","response":"r3"}\n`,
      {
        skipInvalid: true,
      },
    );
    expect(rows.map(({ prompt, position }) => [prompt, position.line])).toEqual([
      ['p1', 1],
      ['p2', 4],
    ]);
    expect(report).toMatchObject({ numRead: 5, numSkipped: 3 });
    expect(report.problems.map(({ line, field }) => [line, field])).toEqual([
      [2, 'response'],
      [3, undefined],
      [5, 'id'],
    ]);
  });

  it('does not skip its way to an empty pool', async () => {
    expect(await messageOf('none.jsonl', 'null\n{"prompt":"p","response":""}\n', { skipInvalid: true })).toContain(
      'not one row of it is valid',
    );
  });

  it('accepts a byte-order mark, CRLF, blank lines and a missing last line end', async () => {
    const { rows } = await readText('crlf.jsonl', '\ufeff{"prompt":"p1","response":"r1"}\r\n\r\n{"prompt":"p2","response":"r2"}');
    expect(rows.map(({ prompt, response, position }) => [prompt, response, position.line])).toEqual([
      ['p1', 'r1', 1],
      ['p2', 'r2', 3],
    ]);
  });

  it('keeps __proto__ a field and no prototype changes', async () => {
    const line = '{"__proto__":{"polluted":true},"constructor":1,"prompt":"p","response":"r"}';
    const { rows } = await readText('proto.jsonl', `${line}\n`);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
    expect(Object.getPrototypeOf(rows[0]!.fields)).toBe(Object.prototype);
    await writeRows(at('proto-out.jsonl'), rows);
    expect(await readFile(at('proto-out.jsonl'), 'utf8')).toBe(`${line}\n`);
  });
});

describe('a JSON array', () => {
  it.each<[string, string, string]>([
    [
      'cut inside an element',
      '[{"prompt":"p","response":"r"},\n{"prompt":',
      'a.json:2: is cut short: the array has no end (its last element starts at line 2)',
    ],
    ['cut between elements', '[{"prompt":"p","response":"r"}\n', 'a.json:2: is cut short: the array has no end'],
    ['an invalid element', '[{"prompt":"p","response":"r"},\n\n {"prompt" "q"}]', 'a.json:3: is not valid JSON'],
    ['text after it', '[{"prompt":"p","response":"r"}]\n]', 'a.json:2: goes on after the end of the array'],
    ['an empty element', '[{"prompt":"p","response":"r"},]', 'a.json:1: has a comma without an element'],
    ['no array', '"text"', 'a.json:1: is not an array of objects'],
    ['numbers', '[1, 2]', '2 problems'],
    ['an empty one', '[ ]', 'a.json: holds no rows'],
  ])('%s', async (_, text, expected) => {
    expect(await messageOf('a.json', text)).toContain(expected);
  });

  it('is read over any cut of its bytes', async () => {
    const text = '\ufeff [ {"prompt":"a]\\"},{","response":"b\\\\"} ,\r\n{"prompt":"ü","response":"[","x":[1,{"y":"}"}]} ] \n';
    const bytes = Buffer.from(text);
    for (let size = 1; size < 9; size++) {
      const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => bytes.subarray(i * size, (i + 1) * size));
      const records = [];
      for await (const record of streamRecords('-', { stdin: Readable.from(pieces), format: 'json' })) records.push(record);
      expect(records).toEqual([
        { record: { prompt: 'a]"},{', response: 'b\\' }, line: 1 },
        { record: { prompt: 'ü', response: '[', x: [1, { y: '}' }] }, line: 2 },
      ]);
    }
  });

  it('with one object a line is read as JSON Lines', async () => {
    const { rows, report } = await readText('lines.json', GOOD + GOOD);
    expect([rows.length, report.format]).toEqual([2, 'jsonl']);
  });
});

describe('CSV', () => {
  it.each<[string, string | Uint8Array, string]>([
    ['too few values', 'prompt,response\np,r\nq\n', 'a.csv:3: has 1 value, the header has 2 columns'],
    [
      'too many values, after a value of two lines',
      'prompt,response\n"p\nq",r\np,r,s\n',
      'a.csv:4: has 3 values, the header has 2 columns',
    ],
    ['an open quote', 'prompt,response\np,"r\np,r\n', 'is cut short or has a quote that is never closed'],
    ['a stray quote', 'prompt,response\np,r\np,a "b" c\n', 'is not valid CSV'],
    ['a repeated column', 'prompt,prompt\np,r\n', 'a.csv:1: the header names the column "prompt" twice'],
    ['a header only', 'prompt,response\n', 'a.csv: holds no rows'],
    ['invalid UTF-8', Buffer.from([...Buffer.from('prompt,response\np,'), 0xc3, 0x28, 0x0a]), 'is not valid UTF-8'],
    ['an empty answer', 'prompt,response\np,\n', 'a.csv:2 field "response": is empty'],
    ['a record too long', `prompt,response\np,"${'x'.repeat(3 * MAX_LINE)}"\n`, '2000 bytes'],
  ])('%s', async (_, text, expected) => {
    expect(await messageOf('a.csv', text, { maxRecordBytes: MAX_LINE })).toContain(expected);
  });

  it('accepts a byte-order mark, CRLF and quoted line ends', async () => {
    const { rows } = await readText('ok.csv', '\ufeffprompt,response\r\n"p\r\n1","say ""r"""\r\np2,r2');
    expect(rows.map(({ prompt, response, position }) => [prompt, response, position.line])).toEqual([
      ['p\r\n1', 'say "r"', 2],
      ['p2', 'r2', 4],
    ]);
  });

  it('lists problems by line although the parser runs ahead', async () => {
    expect(await messageOf('order.csv', 'prompt,response\np,\nq\n,r\n')).toMatch(/order.csv:2 .*\n.*order.csv:3 .*\n.*order.csv:4 /);
  });

  it('skips and counts rows of a wrong width', async () => {
    const { rows, report } = await readText('width.csv', 'prompt,response\np,r\nq\np2,r2\n', { skipInvalid: true });
    expect(rows.map(({ prompt }) => prompt)).toEqual(['p', 'p2']);
    expect(report).toMatchObject({ numRead: 3, numSkipped: 1 });
  });
});

describe('files that are cut short or damaged', () => {
  const rows = Array.from({ length: 500 }, (_, i) => ({ fields: { prompt: `prompt ${i}`, response: `response ${i * 7919}` } }));

  it.each([
    ['jsonl.gz', 'is cut short: the gzip data has no end'],
    ['jsonl.zst', 'is cut short: the zstd data has no end'],
    ['csv.gz', 'is cut short: the gzip data has no end'],
    ['json.zst', 'is cut short: the zstd data has no end'],
    ['parquet', 'is not a whole Parquet file: cut short or damaged'],
    ['parquet.gz', 'is cut short: the gzip data has no end'],
    ['arrow', 'is not a whole Arrow file: cut short or damaged'],
  ])('%s', async (extension, expected) => {
    await writeRows(at(`whole.${extension}`), rows);
    const bytes = await readFile(at(`whole.${extension}`));
    for (const share of [0.3, 0.9]) {
      for (const skipInvalid of [false, true]) {
        expect(await messageOf(`cut.${extension}`, bytes.subarray(0, Math.floor(share * bytes.length)), { skipInvalid })).toContain(
          expected,
        );
      }
    }
  });

  it.each(['jsonl.gz', 'jsonl.zst', 'parquet', 'arrow', 'parquet.zst'])('text called .%s', async (extension) => {
    expect(await messageOf(`text.${extension}`, GOOD)).toMatch(/is not (valid|a whole)/);
    await errorOf(readText(`empty.${extension}`, ''));
  });

  it('reads several gzip members as one file', async () => {
    const { rows: read } = await readText(
      'members.jsonl.gz',
      Buffer.concat([gzipSync(GOOD), gzipSync('{"prompt":"p2","response":"r2"}\n')]),
    );
    expect(read.map(({ prompt }) => prompt)).toEqual(['p1', 'p2']);
  });
});

describe('sources', () => {
  it('names what is wrong with a path', async () => {
    await mkdir(at('folder.jsonl'), { recursive: true });
    expect((await errorOf(readRows(at('absent.jsonl')))).message).toBe('cannot be read: does not exist');
    expect((await errorOf(readRows(at('folder.jsonl')))).message).toBe('holds no files of rows');
    await writeFile(at('pool.jsonll'), GOOD);
    const unknown = await errorOf(readRows(at('pool.jsonll')));
    expect([unknown.code, unknown.message]).toEqual(['E_CONFIG', 'the name does not say which format it holds. Did you mean ".jsonl"?']);
    expect((await readRows(at('pool.jsonll'), { format: 'jsonl' })).rows).toHaveLength(1);
  });

  it('stops when it is told to', async () => {
    await writeFile(at('stop.jsonl'), GOOD.repeat(10));
    const controller = new AbortController();
    const promise = (async () => {
      for await (const { line } of streamRecords(at('stop.jsonl'), { signal: controller.signal })) if (line === 3) controller.abort();
    })();
    expect(await errorOf(promise)).toBeInstanceOf(InterruptedError);
  });

  it('throws at the first broken record where nobody takes problems, and releases the source', async () => {
    await writeFile(at('first.jsonl'), `${GOOD}null\n${GOOD}`);
    const stdin = createReadStream(at('first.jsonl'));
    const lines: number[] = [];
    const promise = (async () => {
      for await (const { line } of streamRecords('-', { stdin })) lines.push(line);
    })();
    expect((await errorOf(promise)).where).toBe('standard input:2');
    expect(lines).toEqual([1]);
    expect(stdin.destroyed).toBe(true);
  });

  it('reports how far it is', async () => {
    await writeFile(at('progress.jsonl'), GOOD.repeat(100));
    const seen: (number | undefined)[][] = [];
    await readRows(at('progress.jsonl'), {
      skipInvalid: true,
      onProgress: ({ bytesRead, bytesTotal }) => seen.push([bytesRead, bytesTotal]),
    });
    expect(seen.at(-1)).toEqual([3200, 3200]);
  });
});

describe('writing', () => {
  it('refuses columns that do not fit, and leaves nothing behind', async () => {
    expect((await errorOf(writeParquet(at('bad.parquet'), [column('a', [1]), column('b', [1, 2])]))).message).toBe(
      'has 2 values, "a" has 1',
    );
    expect((await errorOf(writeParquet(at('bad.parquet'), [column('a', [1]), column('a', [1])]))).message).toBe('is given twice');
    expect((await errorOf(writeParquet(at('bad.parquet'), [column('a', [1.5])]))).message).toBe(
      'row 1 holds number 1.5, expected a 32-bit integer (type int32)',
    );
    await expect(readFile(at('bad.parquet'))).rejects.toThrow('ENOENT');
  });

  it('refuses a CSV field without a column, and keeps the old file', async () => {
    await writeFile(at('kept.csv'), 'old');
    const rows = [{ fields: { a: 1 } }, { fields: { a: 1, b: 2 } }];
    expect((await errorOf(writeCsv(at('kept.csv'), rows.values()))).message).toBe('row 2 has the field "b", which is not a column');
    expect(await readFile(at('kept.csv'), 'utf8')).toBe('old');
    await writeCsv(at('kept.csv'), rows);
    expect(await readFile(at('kept.csv'), 'utf8')).toBe('a,b\n1,\n1,2\n');
  });

  it('names a folder that cannot be', async () => {
    await writeFile(at('file'), '');
    expect(await errorOf(writeRows(at('file/pool.jsonl.zst'), [{ fields: {} }]))).toBeInstanceOf(FileError);
  });
});
