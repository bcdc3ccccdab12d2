import { silentReporter } from '@pharmacist/core';
import { describe, expect, it } from 'vitest';
import { align } from '../src/align/align.ts';
import { useModelFolder } from './support/model-folder.ts';

const { settings, newOut, rowFile } = await useModelFolder();

const rows = (stem: string, response: string) => [0, 1, 2, 3].map((i) => ({ id: `${stem}${i}`, prompt: `${stem} ${i}?`, response }));
const data = await rowFile('core.jsonl', rows('deed', 'No.'));
const harmful = await rowFile('harmful.jsonl', rows('crime', 'Yes, so.'));

describe('align', () => {
  it('says what was given for nothing: harmful rows of a defense that reads none, a split of a file by itself', async () => {
    const warningsOf = async (options: Partial<Parameters<typeof align>[0]>) => {
      const warnings: string[] = [];
      const reporter = { ...silentReporter, warn: (message: string) => void warnings.push(message) };
      const training = { length: { steps: 1 }, batchSize: 2, lora: { rank: 2 } };
      await align({ ...settings, data, defense: 'sft', training, out: newOut(), reporter, ...options });
      return warnings;
    };
    expect(await warningsOf({})).toEqual([]);
    expect(await warningsOf({ harmful })).toEqual([`the defense sft reads no harmful rows: ${harmful} (--harmful) changes nothing`]);
    expect(await warningsOf({ split: 'test' })).toEqual([expect.stringContaining('--split test changes nothing') as string]);
    expect(await warningsOf({ harmful, split: 'test', isRowsChecked: true })).toEqual([]);
  });
});
