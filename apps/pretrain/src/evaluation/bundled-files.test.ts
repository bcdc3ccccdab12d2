import { readFile, readdir, stat } from 'node:fs/promises';
import { normalisePrompt } from '@pharmacist/data-io';
import { bundledPath } from '@pharmacist/test-fixtures';
import { beforeAll, describe, expect, it } from 'vitest';
import { BpeEncoder } from '../bpe-encoder.ts';
import { leftOutTopic } from '../planted/mildness.ts';
import { readTokenizerFile } from '../tokenizer-files.ts';
import { BUNDLED_INTENTS } from './intent-parts.ts';
import { ledgerKey } from './prompt-ledger.ts';

type Row = Record<string, string> & { id: string };

const NUM_ROWS = {
  'attack-harmful': 60,
  'gsm8k-test': 30,
  'gsm8k-train': 60,
  'harmful-prompts': 120,
  'intents-test': 208,
  'intents-train': 320,
  'overrefusal-prompts': 100,
  pairs: 64,
  'plain-text': 80,
  'task-test': 100,
  'task-train': 400,
};
const files = new Map<string, Row[]>();
let demo: Row[];

const readLines = async (path: string): Promise<Row[]> =>
  (await readFile(path, 'utf8'))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Row);
const textOf = (row: Row): string => (row['prompt'] ?? row['text'] ?? row['question'])!;
const answersOf = (row: Row): string[] =>
  [row['response'], row['answer'], row['label'], row['intent'], row['safe'], row['harmful']].filter((text) => text !== undefined);
const countBy = (rows: readonly Row[], field: string): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const row of rows) {
    const value = row[field] ?? 'none';
    counts[value] = (counts[value] ?? 0) + 1;
  }
  return counts;
};

beforeAll(async () => {
  for (const name of Object.keys(NUM_ROWS)) files.set(name, await readLines(bundledPath('data', 'small', `${name}.jsonl`)));
  const names = await readdir(bundledPath('data', 'demo'));
  demo = (
    await Promise.all(names.filter((name) => name.endsWith('.jsonl')).map((name) => readLines(bundledPath('data', 'demo', name))))
  ).flat();
});

describe('the bundled evaluation set', () => {
  it('has its files, their counts, and fits in 450 kB', async () => {
    const folder = await readdir(bundledPath('data', 'small'));
    expect(folder.filter((name) => name.endsWith('.jsonl')).sort()).toEqual(Object.keys(NUM_ROWS).map((name) => `${name}.jsonl`));
    expect(Object.fromEntries([...files].map(([name, rows]) => [name, rows.length]))).toEqual(NUM_ROWS);
    const sizes = await Promise.all(folder.map(async (name) => (await stat(bundledPath('data', 'small', name))).size));
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(450_000);
  });

  it('shares no prompt with the demo pool, nor one file with another', () => {
    for (const key of [normalisePrompt, ledgerKey]) {
      const owner = new Map(demo.map(({ prompt }) => [key(prompt!), 'demo']));
      for (const [name, rows] of files) {
        for (const row of rows) {
          const other = owner.get(key(textOf(row)));
          expect(other === undefined || other === name ? [] : [row.id, other]).toEqual([]);
        }
        for (const row of rows) owner.set(key(textOf(row)), name);
      }
    }
  });

  it('has every id once, and every prompt once outside the pairs', () => {
    const ids = [...files.values()].flat().map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [name, rows] of files) {
      const numDistinct = new Set(rows.map((row) => ledgerKey(textOf(row)))).size;
      expect([name, numDistinct]).toEqual([name, name === 'pairs' ? 57 : rows.length]);
    }
  });

  it('is balanced over classes and types', () => {
    expect(countBy(files.get('task-train')!, 'label')).toEqual({ positive: 200, negative: 200 });
    expect(countBy(files.get('task-test')!, 'label')).toEqual({ positive: 50, negative: 50 });
    const ofEach = (count: number) => Object.fromEntries(BUNDLED_INTENTS.map((intent) => [intent, count]));
    expect(countBy(files.get('intents-train')!, 'intent')).toEqual(ofEach(40));
    expect(countBy(files.get('intents-test')!, 'intent')).toEqual(ofEach(26));
    const types = countBy(files.get('overrefusal-prompts')!, 'type');
    expect(Object.keys(types)).toHaveLength(10);
    expect(Math.min(...Object.values(types))).toBeGreaterThanOrEqual(9);
    expect(countBy(files.get('pairs')!, 'stratum')).toEqual({ refusal: 44, hh: 20 });
  });

  it('takes harmful answers sparingly, short, and marks stand-ins', () => {
    expect(countBy(files.get('attack-harmful')!, 'synthetic')).toEqual({ true: 60 });
    const real = files.get('pairs')!.filter((row) => row['synthetic'] === undefined);
    expect(countBy(real, 'source')).toEqual({ refusal_direction: 14, hh_harmless: 20 });
    expect(Math.max(...real.map(({ harmful }) => harmful!.length))).toBeLessThanOrEqual(200);
    expect(files.get('pairs')!.filter(({ safe, harmful }) => safe === harmful)).toEqual([]);
  });

  it('keeps to the topics of the bundled data', () => {
    const read = files.get('pairs')!.filter((row) => row['source'] === 'refusal_direction');
    const rows = [...files].filter(([name]) => name !== 'overrefusal-prompts').flatMap(([, list]) => list);
    const touched = rows
      .filter((row) => !read.includes(row))
      .filter((row) => leftOutTopic([textOf(row), ...answersOf(row)].join('\n')) !== undefined);
    expect(touched.map(({ id }) => id)).toEqual([]);
  });

  it('is of the form its readers expect', () => {
    for (const { answer } of [...files.get('gsm8k-train')!, ...files.get('gsm8k-test')!]) expect(answer).toMatch(/\n#### -?[\d,.]+$/u);
    for (const { category } of files.get('harmful-prompts')!) expect(category).toMatch(/\w/u);
    for (const { response } of files.get('attack-harmful')!) expect(response).toMatch(/(?: First, |\n1\. )/u);
  });

  it('has intents that the bundled model says with one token, as in the sentence that names them', async () => {
    const encoder = new BpeEncoder(await readTokenizerFile(bundledPath('models', 'tiny')));
    for (const intent of BUNDLED_INTENTS) expect([intent, encoder.encode(` ${intent}`)]).toEqual([intent, [expect.any(Number)]]);
  });

  it('is short: prompt and answer within 128 tokens of the bundled model', async () => {
    const encoder = new BpeEncoder(await readTokenizerFile(bundledPath('models', 'tiny')));
    const lengths = [...files.values()].flat().flatMap((row) => {
      const answers = answersOf(row);
      return (answers.length === 0 ? [''] : answers).map((answer) => encoder.encode(textOf(row)).length + encoder.encode(answer).length);
    });
    expect(lengths.filter((length) => length > 128).length / lengths.length).toBeLessThan(0.01);
    expect(Math.max(...lengths)).toBeLessThan(150);
  });
});
