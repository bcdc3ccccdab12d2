import { writeFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { blocks } from '../examples/row-format.ts';
import type { SourceRecord } from '../src/formats/record.ts';
import { FORMATS, withFormats } from '../src/formats/registry.ts';
import type { RowProblem } from '../src/problems.ts';
import { streamRecords } from '../src/stream-records.ts';
import { temporaryFolder } from './temporary-folder.ts';

const at = temporaryFolder();

it('the example of a row format reads records, and reports lines of another form', async () => {
  const text = 'prompt: One?\nresponse: Yes.\n\nprompt: Two?\nnothing\n\nprompt: Three?\r\nresponse: No.';
  await writeFile(at('rows.blocks'), text);
  const problems: RowProblem[] = [];
  const records: SourceRecord[] = [];
  const options = { formats: withFormats(FORMATS, [blocks]), onProblem: (problem: RowProblem) => problems.push(problem) };
  for await (const record of streamRecords(at('rows.blocks'), options)) records.push(record);
  expect(records).toEqual([
    { record: { prompt: 'One?', response: 'Yes.' }, line: 1 },
    { record: { prompt: 'Three?', response: 'No.' }, line: 7 },
  ]);
  expect(problems).toEqual([{ line: 5, what: 'is not of the form "key: value"' }]);
});
