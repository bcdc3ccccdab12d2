import { type RunInput, silentReporter } from '@pharmacist/core';
import { expect, it } from 'vitest';
import { warnOfUnusedChoice } from './unused-choice.ts';

const file = (source: string) => ({ source, sha256: '0', bytes: 1 });
const one: RunInput = { role: 'alignment', ...file('pool.jsonl'), numRead: 3 };
const two: RunInput = { role: 'harmful', source: 'a.jsonl, b.jsonl', sha256: '0', files: [file('a.jsonl'), file('b.jsonl')], numRead: 3 };
const folder: RunInput = { role: 'alignment', source: 'set', sha256: '0', files: [file('set/train.jsonl')], numRead: 3 };
const model: RunInput = { role: 'model', source: 'tiny', sha256: '0' };

function warningsOf(choice: Parameters<typeof warnOfUnusedChoice>[0], inputs: RunInput[]): string[] {
  const warnings: string[] = [];
  warnOfUnusedChoice(choice, inputs, { ...silentReporter, warn: (message) => warnings.push(message) });
  return warnings;
}

it('says which choice was given for files that have none', () => {
  expect(warningsOf({ split: 'test' }, [one, two, model])).toEqual([
    '--split test changes nothing: it chooses among the files of a data set, and the files here are named one by one (pool.jsonl). ' +
      'Fix: leave it out, or name the folder or the data set on the Hub',
  ]);
  expect(warningsOf({ split: 'test', subset: 'x' }, [one])).toHaveLength(2);
});

it('says nothing where there is none, and where a folder or a data set may have used it', () => {
  expect(warningsOf({}, [one])).toEqual([]);
  expect(warningsOf({ split: 'train' }, [one, folder])).toEqual([]);
  expect(warningsOf({ split: 'train' }, [model])).toEqual([]);
});
