import { writeFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { readRows } from '../src/index.ts';
import { temporaryFolder } from './temporary-folder.ts';

const at = temporaryFolder();

it('does not go on with a line in which a great many quotes do not fit', async () => {
  await writeFile(at('nested.csv'), `prompt,response\np,r\np,"r"${'{"a":'.repeat(100_000)}\np,r\n`);
  await expect(readRows(at('nested.csv'), { skipInvalid: true })).rejects.toMatchObject({
    code: 'E_DATA',
    message: 'is not CSV: line 3 holds more than 1000 quotes that do not fit',
    hint: expect.anything(),
  });
});

it('counts a line with a few of them once', async () => {
  await writeFile(at('few.csv'), 'prompt,response\np,r\np,"r"a"b"c"\np,r2\n');
  const { rows, report } = await readRows(at('few.csv'), { skipInvalid: true });
  expect(rows.map(({ response, position }) => [response, position.line])).toEqual([
    ['r', 2],
    ['r2', 4],
  ]);
  expect(report.numSkipped).toBe(1);
});
