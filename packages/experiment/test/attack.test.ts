import { join } from 'node:path';
import { readJson } from '@pharmacist/core';
import { describe, expect, it } from 'vitest';
import { attack } from '../src/attack/attack.ts';
import { useModelFolder } from './support/model-folder.ts';

const { settings, newOut, rowFile } = await useModelFolder();

const rows = (stem: string, count: number, response: string) =>
  Array.from({ length: count }, (_, i) => ({ id: `${stem}${i}`, prompt: `${stem} ${i}?`, response }));
const base = {
  ...settings,
  task: await rowFile('task.jsonl', rows('text', 6, 'An answer.')),
  taskOptions: { form: 'exact-match' },
  harmful: await rowFile('harmful.jsonl', rows('deed', 4, 'wait for it, '.repeat(60))),
  training: { length: { steps: 1 }, batchSize: 4, lora: { rank: 2 } },
};

describe('attack', () => {
  it('records how many of the rows it drew from each file were cut', async () => {
    const { record } = await attack({ ...base, poisonRatio: 0.5, numSamples: 6, out: newOut() });
    const counts = record.inputs.map(({ role, numTruncated }) => [role, numTruncated]);
    expect(Object.fromEntries(counts)).toMatchObject({ task: 0, harmful: 3 });
    expect(record.counts.rowsTruncated).toBe(3);
    expect(Object.keys(record.timing.phases)).toEqual(['read', 'load', 'tokenise', 'train', 'write']);
  });

  it('records the size of the adapter that it makes, and none of its own where it trains the aligned one further', async () => {
    const options = { ...base, poisonRatio: 0.5, numSamples: 6 };
    const first = await attack({ ...options, out: newOut() });
    expect(first.record.config['lora']).toMatchObject({ rank: 2, alpha: 4 });
    const { lora: _, ...training } = base.training;
    const again = await attack({ ...options, training, loraMode: 'single', adapters: [first.out], out: newOut() });
    expect(again.record.config).not.toHaveProperty('lora');
    expect(await readJson(join(again.out, 'adapter_config.json'))).toMatchObject({ r: 2, lora_alpha: 4 });
  });
});
