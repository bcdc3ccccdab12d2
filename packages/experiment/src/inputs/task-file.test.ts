import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { InputFiles } from './input-files.ts';
import { readTask, type TaskOptions, taskTrainingRow } from './task-file.ts';

/** Reads rows as a task from standard input. */
async function fromPipe(records: readonly (object | string)[], options: TaskOptions) {
  const text = records.map((record) => (typeof record === 'string' ? record : JSON.stringify(record))).join('\n');
  const files = new InputFiles(['-'], { stdin: Readable.from([Buffer.from(`${text}\n`)]), map: { prompt: 'q' }, skipInvalid: true });
  const { task, rows } = await readTask(files, 'task', '-', options);
  return { form: task.name, rows: rows.map(({ prompt, response }) => [prompt, response]) };
}

const reviews = [
  { sentence: 'A fine film.', label: 'positive' },
  { sentence: 'A dull film.', label: 'negative' },
];
const rows = [
  ['A fine film.', 'positive'],
  ['A dull film.', 'negative'],
];

describe('a task from standard input', () => {
  it.each(['sst2', 'auto'])('of classes, of the form %s', async (form) => {
    expect(await fromPipe(reviews, { form })).toEqual({ form: 'sst2', rows });
  });

  it('is told by its first record that can be read', async () => {
    expect(await fromPipe(['{broken', ...reviews], {})).toEqual({ form: 'sst2', rows });
  });

  it('with fields of its own goes by the map', async () => {
    expect(await fromPipe([{ q: '1 + 1?', answer: '#### 2' }], {})).toEqual({ form: 'gsm8k', rows: [['1 + 1?', '#### 2']] });
  });

  it.each(['intents', 'auto'])('of intents has the classes of its rows, of the form %s', async (form) => {
    const requests = [
      { text: 'What do I owe?', intent: 'pay_bill' },
      { text: 'Is it late?', intent: 'time' },
      { text: 'How late is it?', intent: 'Time' },
    ];
    const files = new InputFiles(['-'], {
      stdin: Readable.from([Buffer.from(requests.map((row) => `${JSON.stringify(row)}\n`).join(''))]),
    });
    const file = await readTask(files, 'task', '-', { form });
    expect(file.task.labels).toEqual(['pay bill', 'time']);
    expect(taskTrainingRow(file, file.rows[0]!).response).toMatch(/^(\w+) asks about pay bill\.$/u);
    // A sentence is read with all of them in mind.
    expect(file.task.score('Lucy asks about time.', 'pay_bill')).toEqual({ isCorrect: false, predicted: 'time' });
  });

  it('of intents takes labels of the user, and one intent is none', async () => {
    const row = { text: 'Is it late?', intent: 'time' };
    await expect(fromPipe([row], { labels: ['date', 'weather'] })).rejects.toThrow('"time" is no label of the task intents');
    await expect(fromPipe([row], {})).rejects.toThrow('not at least two different names');
  });

  it('names a variant or a label that is not there', async () => {
    await expect(fromPipe(reviews, { variant: 'none' })).rejects.toThrow('none');
    await expect(fromPipe([{ text: 'T', label: 'other' }], {})).rejects.toThrow('no task form has the label "other"');
  });
});
