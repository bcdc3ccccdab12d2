import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Random } from '@pharmacist/core';
import { expect, it } from 'vitest';
import type { SelectOptions } from '../src/select/options.ts';
import { select } from '../src/select/select.ts';
import { useModelFolder } from './support/model-folder.ts';

/** So many that texts and tokens do not fit into a block of a store that keeps nothing. */
const NUM_ROWS = 500;
const WORDS = 'river stone light paper garden bread window music letter harbour winter summer kitchen engine signal market'.split(' ');

const { settings, file, newOut } = await useModelFolder();

const random = new Random('large pools');
const words = (count: number) => Array.from({ length: count }, () => WORDS[random.integer(WORDS.length)]!).join(' ');
const row = (i: number) => ({
  // Some rows bring an id along, some say the same, some have letters beyond Latin-1.
  ...(i % 3 === 0 && { id: i % 2 === 0 ? `row-${i}` : `ряд-${i}` }),
  prompt: `How does the ${words(5)} work, ${i % 7 === 0 ? 'as ever' : i}?`,
  response: i % 7 === 0 ? 'Nobody knows.' : `It is the ${words(30 + random.integer(30))}.`,
  note: 'n'.repeat(i % 100),
});
const all = Array.from({ length: NUM_ROWS }, (_, i) => row(i));
const lines = (rows: readonly object[]) => rows.map((one) => `${JSON.stringify(one)}\n`).join('');
const base: Omit<SelectOptions, 'out' | 'method'> = {
  ...settings,
  alignment: await file('pool.jsonl', lines(all)),
  harmful: await file('harmful.jsonl', lines(Array.from({ length: 8 }, () => ({ prompt: words(5), response: words(9) })))),
  validation: await file(
    'trusted.jsonl',
    lines(Array.from({ length: 8 }, () => ({ prompt: words(5), response: `It is the ${words(9)}.` }))),
  ),
  keep: 0.3,
  batchSize: 32,
};

const bytesOf = async (out: string) => ({
  ranking: (await readFile(join(out, 'ranking.parquet'))).toString('base64'),
  core: await readFile(join(out, 'core.jsonl'), 'utf8'),
});

it.each<[string, Partial<SelectOptions>]>([
  ['random', {}],
  ['dsir', { filters: [{ name: 'dedupe' }] }],
  ['perplexity', { methodOptions: { order: 'middle' } }],
  ['pharmacist', { methodOptions: { copies: 20 }, filters: [{ name: 'dedupe' }] }],
  ['bilevel', { methodOptions: { checkpoints: [0], loraRank: 2, scorer: 'amortised', amortisedShare: 0.1 } }],
])('%s ranks a pool whose rows lie on disk as one that is kept in memory, to the byte', async (method, options) => {
  const kept = await select({ ...base, ...options, method, out: newOut() });
  const spilled = await select({ ...base, ...options, method, out: newOut(), keptBytes: 0 });
  expect(await bytesOf(spilled.out)).toEqual(await bytesOf(kept.out));
  expect({ ...spilled.record, timing: undefined }).toEqual({ ...kept.record, timing: undefined });
});
