import { readFile, writeFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { readRows, writeParquet } from '../src/index.ts';
import { compactStruct, list, text, type Field } from './compact-protocol.ts';
import { temporaryFolder } from './temporary-folder.ts';

const at = temporaryFolder();
const VALUES = Buffer.concat(['aaa', 'bbb', 'ccc'].map((word) => Buffer.concat([Buffer.of(3, 0, 0, 0), Buffer.from(word)])));
const [UNCOMPRESSED, SNAPPY, GZIP, ZSTD] = [0, 1, 2, 6];

interface Sketch {
  numRows: bigint;
  /** Header of the page: type, sizes and, in field 5, values and encoding. */
  numValues: number;
  size: number;
  storedSize: number;
  codec: number;
  data: Buffer;
  /** A dictionary of one value before the page, whose places `data` are. */
  isDictionary: boolean;
}

/** A file of the columns prompt and response, with one page each; the counts say what they like. */
async function writeSketch(sketch: Partial<Sketch> = {}): Promise<string> {
  const data = sketch.data ?? VALUES;
  const { numRows = 3n, numValues = Number(numRows), size = data.length, storedSize = data.length, codec = UNCOMPRESSED } = sketch;
  const isDictionary = sketch.isDictionary ?? false;
  let body = Buffer.from('PAR1');
  const columns = ['prompt', 'response'].map((name) => {
    const start = body.length;
    let dictionary: Field[] = [];
    if (isDictionary) {
      const value = Buffer.from([4, 0, 0, 0, ...Buffer.from('same')]);
      const header = compactStruct([
        [1, 2],
        [2, value.length],
        [3, value.length],
        [
          7,
          compactStruct([
            [1, 1],
            [2, 0],
          ]),
        ],
      ]);
      body = Buffer.concat([body, header, value]);
      dictionary = [[11, BigInt(start)]];
    }
    const page = body.length;
    const details = compactStruct([
      [1, numValues],
      [2, isDictionary ? 8 : 0],
      [3, 3],
      [4, 3],
    ]);
    body = Buffer.concat([
      body,
      compactStruct([
        [1, 0],
        [2, size],
        [3, storedSize],
        [5, details],
      ]),
      data,
    ]);
    const total = BigInt(body.length - start);
    const meta = compactStruct([
      [1, 6],
      [2, list([0, 8])],
      [3, list([text(name)])],
      [4, codec],
      [5, numRows],
      [6, total],
      [7, total],
      [9, BigInt(page)],
      ...dictionary,
    ]);
    return compactStruct([
      [2, BigInt(page)],
      [3, meta],
    ]);
  });
  const schema = [
    compactStruct([
      [4, text('schema')],
      [5, 2],
    ]),
    ...['prompt', 'response'].map((name) =>
      compactStruct([
        [1, 6],
        [3, 0],
        [4, text(name)],
        [6, 0],
      ]),
    ),
  ];
  const group = compactStruct([
    [1, list(columns)],
    [2, BigInt(body.length)],
    [3, numRows],
  ]);
  const footer = compactStruct([
    [1, 1],
    [2, list(schema)],
    [3, numRows],
    [4, list([group])],
  ]);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(footer.length);
  await writeFile(at('sketch.parquet'), Buffer.concat([body, footer, length, Buffer.from('PAR1')]));
  return at('sketch.parquet');
}

const places = (numValues: number): Buffer => {
  const bytes = [1];
  for (let rest = 2 * numValues; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.from([...bytes, rest, 0]);
    bytes.push((rest % 128) + 128);
  }
};

it('reads the sketch whose counts are right', async () => {
  const { rows } = await readRows(await writeSketch());
  expect(rows.map(({ prompt, response }) => prompt + response)).toEqual(['aaaaaa', 'bbbbbb', 'cccccc']);
  const repeated = await readRows(await writeSketch({ isDictionary: true, data: places(3) }));
  expect(repeated.rows.map(({ prompt }) => prompt)).toEqual(['same', 'same', 'same']);
});

it.each<[string, Partial<Sketch>, string]>([
  ['two thousand million rows', { numRows: 2n ** 31n, numValues: 3 }, 'row group 1: rows: 2147483648 is not between 0 and'],
  ['2^62 rows', { numRows: 2n ** 62n, numValues: 3 }, 'is not between 0 and'],
  ['a negative number of rows', { numRows: -5n, numValues: 3 }, 'rows: -5 is not between'],
  ['more rows than values', { numRows: 4n, numValues: 3 }, 'holds 3 of 4 values'],
  ['more values in a page than in its column', { numValues: 2 ** 31 - 1 }, 'a page of 2147483647 values in a column of 3'],
  ['more values than bytes', { numRows: 30n }, 'values of 120 bytes in a page that has 21'],
  ['a page beyond its column', { storedSize: 2 ** 31 - 1 }, 'a page of 2147483647 bytes where'],
  ['a page of a negative size', { storedSize: -1 }, 'a page of -1 bytes'],
  ['Snappy that unpacks to 2 GB', { codec: SNAPPY, size: 2 ** 31 - 1 }, 'a page of 21 bytes cannot become 2147483647'],
  ['gzip that unpacks to 2 GB', { codec: GZIP, size: 2 ** 31 - 1 }, 'cannot become 2147483647'],
  ['Zstandard that unpacks to 2 GB', { codec: ZSTD, size: 2 ** 31 - 1 }, 'cannot become 2147483647'],
  ['a run longer than its page', { isDictionary: true, data: places(2 ** 27 - 1) }, 'a run of 134217727 in a page of 3 values'],
  [
    'a run of 2^27 values that the counts confirm',
    { isDictionary: true, numRows: 2n ** 27n - 1n, data: places(2 ** 27 - 1) },
    'is not between 0 and',
  ],
  [
    'text longer than its page',
    { data: Buffer.concat([VALUES.subarray(0, 14), Buffer.of(99), VALUES.subarray(15)]) },
    'values of 99 bytes',
  ],
])('refuses %s', async (_, sketch, reason) => {
  await expect(readRows(await writeSketch(sketch))).rejects.toMatchObject({
    code: 'E_DATA',
    hint: 'copy or download the file again',
    message: expect.stringContaining(reason),
  });
});

it('refuses rows of which a byte holds thousands', async () => {
  const numRows = 3_000_000;
  const path = await writeSketch({ isDictionary: true, numRows: BigInt(numRows), data: places(numRows) });
  await expect(readRows(path)).rejects.toMatchObject({
    code: 'E_DATA',
    message: expect.stringMatching(/^holds 3,000,000 rows in 2\d\d bytes$/),
  });
});

it('names a column whose name is damaged in a row group', async () => {
  await writeParquet(at('renamed.parquet'), [
    { name: 'prompt', type: 'string', values: ['a', 'b'] },
    { name: 'response', type: 'string', values: ['c', 'd'] },
  ]);
  const bytes = await readFile(at('renamed.parquet'));
  bytes.write('R', bytes.lastIndexOf('response'));
  await writeFile(at('renamed.parquet'), bytes);
  await expect(readRows(at('renamed.parquet'))).rejects.toMatchObject({
    code: 'E_DATA',
    message: expect.stringContaining('is called "Response"'),
  });
});
