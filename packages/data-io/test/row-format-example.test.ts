import { expect, it } from 'vitest';
import { readBlocks } from '../examples/row-format.ts';
import type { SourceRecord } from '../src/formats/record.ts';
import type { RowProblem } from '../src/problems.ts';

it('the example of a row format reads records, and reports lines of another form', async () => {
  const problems: RowProblem[] = [];
  const text = 'prompt: One?\nresponse: Yes.\n\nprompt: Two?\nnothing\n\nprompt: Three?\r\nresponse: No.';
  async function* bytes() {
    for (let i = 0; i < text.length; i += 7) yield new TextEncoder().encode(text.slice(i, i + 7));
  }
  const records: SourceRecord[] = [];
  const context = { label: 'rows.blocks', maxRecordBytes: 1000, onProblem: (problem: RowProblem) => problems.push(problem) };
  for await (const record of readBlocks(bytes(), context)) records.push(record);
  expect(records).toEqual([
    { record: { prompt: 'One?', response: 'Yes.' }, line: 1 },
    { record: { prompt: 'Three?', response: 'No.' }, line: 7 },
  ]);
  expect(problems).toEqual([{ line: 5, what: 'is not of the form "key: value"' }]);
});
