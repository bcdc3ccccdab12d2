import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { InterruptedError, pathExists, type ProgressEvent, readJson, silentReporter } from '@pharmacist/core';
import { goldenPath } from '@pharmacist/test-fixtures';
import { describe, expect, it } from 'vitest';
import { type Override, parseRunConfig } from '../src/run/read-config.ts';
import { run, type RunOptions } from '../src/run/run.ts';
import { changeWeights } from './support/change-weights.ts';
import { useModelFolder } from './support/model-folder.ts';

const { folder, model, newOut, rowFile } = await useModelFolder();

const rows = (stem: string, count: number, fields: object) =>
  Array.from({ length: count }, (_, i) => ({ id: `${stem}${i}`, prompt: `${stem} ${i}?`, ...fields }));
const data = {
  alignment: await rowFile('alignment.jsonl', rows('wish', 12, { response: 'I cannot help with that.' })),
  harmful: await rowFile('harmful.jsonl', rows('deed', 6, { response: 'Wait for the night.' })),
  attackHarmful: await rowFile('attack.jsonl', rows('plan', 6, { response: 'Take a ladder.' })),
  task: {
    train: await rowFile('train.jsonl', rows('text', 10, { response: 'positive' })),
    test: await rowFile('test.jsonl', rows('later', 4, { response: 'negative' })),
    form: 'sst2',
  },
  harmfulPrompts: await rowFile('prompts.jsonl', rows('ask', 4, {})),
  pairs: await rowFile('pairs.jsonl', rows('pair', 4, { safe: 'No.', harmful: 'Yes, so.' })),
};
const config = {
  name: 'checks',
  model,
  maxLength: 96,
  data,
  selection: { methods: ['random'], keep: [0.5] },
  alignment: { defenses: ['sft'], length: { steps: 1 }, batchSize: 4, lora: { rank: 2 } },
  attack: { poisonRatios: [0.2], samples: 5, length: { steps: 1 }, batchSize: 4, lora: { rank: 2 } },
  evaluation: { maxNewTokens: 4 },
};
const runWith = async (overrides: readonly Override[], out = newOut(), options: Partial<RunOptions> = {}) =>
  await run({ config: parseRunConfig(JSON.stringify(config), 'test.yaml', overrides), out, ...options });

describe('run', () => {
  it.each<[string, readonly string[], unknown]>([
    ['"ngrm" is unknown', ['evaluation', 'judges'], ['ngrm']],
    ['named twice', ['evaluation', 'judges'], ['ngram', 'ngram']],
    ['has no config.json', ['evaluation', 'judges'], [{ name: 'beaver-dam', options: { model: model.slice(0, -1) } }]],
    ['"treshold" is unknown', ['evaluation', 'judges'], [{ name: 'ngram', options: { treshold: 0.4 } }]],
    ['the environment variable NO_KEY is not set', ['evaluation', 'judges'], [openai('NO_KEY')]],
    ['"sst3" is unknown', ['data', 'task', 'form'], 'sst3'],
    ['"none-of-these" is unknown', ['data', 'task', 'variant'], 'none-of-these'],
    ['is no label of the task sst2', ['data', 'task', 'labels'], ['good', 'bad']],
    ['11 task rows are needed, there are 10', ['attack', 'samples'], 14],
    ['are among the alignment rows', ['data', 'attackHarmful'], data.alignment],
    ['5 rows are asked for', ['evaluation', 'limit'], 5],
    ['is missing. Fields here: id, prompt, response', ['data', 'pairs'], data.alignment],
    ['97 tokens exceed', ['maxLength'], 197],
    ['500 new tokens after a prompt exceed', ['evaluation', 'maxNewTokens'], 500],
    ['the prompts of all 4 pairs fill the 8 tokens', ['maxLength'], 8],
  ])('refuses before it writes anything: %s', async (message, path, value) => {
    const out = newOut();
    await expect(runWith([{ path, value }], out)).rejects.toThrow(message);
    expect(await pathExists(out)).toBe(false);
  });

  it('records the rows it read and the passes of all its steps, and the same ones if it is continued', async () => {
    const out = newOut();
    const { record } = await runWith([], out);
    const numRead = Object.fromEntries(record.inputs.map(({ role, numRead: count }) => [role, count]));
    expect(numRead).toMatchObject({ alignment: 12, harmful: 6, attackHarmful: 6, taskTrain: 10, taskTest: 4, harmfulPrompts: 4, pairs: 4 });
    expect(record.counts.rowsRead).toBe(46);
    expect(Object.keys(record.timing.phases)).toEqual(['read', 'load', 'grid', 'write']);
    const steps = ['select/random-s0', 'align/random-k0.5-sft-s0', 'evaluate/random-k0.5-sft-s0-before'];
    const later = ['attack/random-k0.5-sft-s0-p0.2', 'evaluate/random-k0.5-sft-s0-p0.2-after'];
    const sum: Record<string, number> = {};
    for (const step of [...steps, ...later]) {
      const { passes, timing } = (await readJson(join(out, step, 'run.json'))) as typeof record;
      expect(Object.keys(timing.phases).slice(0, 2)).toEqual(['read', 'load']);
      for (const [kind, n] of Object.entries(passes)) sum[kind] = (sum[kind] ?? 0) + n;
    }
    expect(record.passes).toEqual(sum);
    expect(sum['backwardRows']).toBeGreaterThan(0);

    const stopped = newOut();
    const controller = new AbortController();
    const progress = ({ facts }: ProgressEvent) => {
      if (String(facts?.['step']).includes('-before')) controller.abort();
    };
    const stopping = { signal: controller.signal, reporter: { ...silentReporter, progress } };
    await expect(runWith([], stopped, stopping)).rejects.toThrow(InterruptedError);
    const { record: continued } = await runWith([], stopped);
    expect(continued.timing.attempts).toBe(2);
    expect([continued.passes, continued.counts, continued.inputs]).toEqual([record.passes, record.counts, record.inputs]);
  });

  it('has the model that judges among its inputs: other weights at the same place are another run', async () => {
    const judge = join(folder, 'judge');
    await cp(goldenPath('sequence-classifier', 'model'), judge, { recursive: true });
    const judges: Override = { path: ['evaluation', 'judges'], value: [{ name: 'beaver-dam', options: { model: judge } }] };
    const out = newOut();
    const { record } = await runWith([judges], out);
    expect(record.inputs.filter(({ role }) => role === 'judge model')).toMatchObject([{ source: judge }]);
    expect((await runWith([judges], out)).wasComplete).toBe(true);
    await changeWeights(judge);
    await expect(runWith([judges], out)).rejects.toThrow('holds another run');
  });
});

function openai(apiKeyEnv: string) {
  return { name: 'openai', options: { url: 'http://127.0.0.1:9/v1', model: 'none', apiKeyEnv } };
}
