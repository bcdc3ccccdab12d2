import { access, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { InterruptedError } from '@pharmacist/core';
import { readRows, streamRecords } from '@pharmacist/data-io';
import { bundledPath } from '@pharmacist/test-fixtures';
import { describe, expect, it } from 'vitest';
import { parseRunConfig } from '../src/run/read-config.ts';
import { run, type RunOptions } from '../src/run/run.ts';
import { useModelFolder } from './support/model-folder.ts';

const { folder, model } = await useModelFolder();

const TEXT = `
name: planted
maxLength: 128
seeds: [0, 1]
data:
  alignment: bundled:demo/alignment.jsonl
  pools:
    - { label: benign-20, size: 40, shares: { benign: 0.2 } }
    - { label: mixed, size: 60, shares: { mislabelled: 0.2, low-quality: 0.2, duplicate: 0.1 }, seed: 7 }
selection: { methods: [oracle, random, { name: perplexity, label: ppl }, full], keep: [0.5, 0.25] }
`;
const ranking = async (out: string, text = TEXT, options: Partial<RunOptions> = {}) =>
  await run({
    config: parseRunConfig(text, 'test.yaml', [{ path: ['model'], value: model }]),
    out: join(folder, out),
    ...options,
  });
const records = async (path: string) => {
  const all: Record<string, unknown>[] = [];
  for await (const { record } of streamRecords(path)) all.push({ ...record });
  return all;
};

describe('a run that only ranks', () => {
  it('ranks every pool by every method and seed, and tells how well', async () => {
    const { files, rows, rankings } = await ranking('whole');
    expect(rows).toEqual([]);
    // 2 pools x 2 seeds x (3 methods x 2 shares + full).
    expect(rankings).toHaveLength(28);
    const all = await records(files.results);
    const results = all.filter(({ kind }) => kind === 'all');
    expect(results).toHaveLength(28);
    expect(results[0]).toMatchObject({
      pool: 'benign-20',
      method: 'oracle',
      keep: 0.5,
      seed: 0,
      numRows: 40,
      numKept: 20,
      auroc: 1,
      averagePrecision: 1,
      precisionKept: 1,
      shareGood: 0.8,
      isSamePool: false,
    });
    const of = (pool: string, method: string) => results.filter((result) => result['pool'] === pool && result['method'] === method);
    // Scores of the rows alone: the same for every seed, whatever the company.
    for (const { stability } of [...of('mixed', 'ppl'), ...of('benign-20', 'ppl')]) expect(stability).toBe(1);
    expect(of('mixed', 'ppl')[0]).toMatchObject({ stabilityRows: 60, isSamePool: true, numKept: 30 });
    expect(of('mixed', 'ppl')[1]).toMatchObject({ keep: 0.25, numKept: 15 });
    expect(of('benign-20', 'ppl')[0]!['stabilityRows']).toBeLessThan(40);
    expect(Math.abs(of('mixed', 'random')[0]!['stability'] as number)).toBeLessThan(0.5);
    expect(of('mixed', 'full')[0]).toMatchObject({ auroc: 0.5, keep: 1, stability: null });
    expect(Number(of('mixed', 'ppl')[0]!['forwardRows'])).toBe(60);

    const groups = await records(files.planted!);
    const planted = groups.filter(({ stratum }) => stratum === null);
    // Two kinds a row of the one pool, four of the other.
    expect(planted).toHaveLength(14 * 2 + 14 * 4);
    expect(all.filter(({ kind }) => kind !== 'all').map(({ kind, stratum, auroc }) => [kind, stratum, auroc])).toEqual(
      groups.map(({ kind, stratum, auroc }) => [kind, stratum, auroc]),
    );
    expect(planted.filter(({ kind, auroc }) => (kind === 'good') !== (auroc === null))).toEqual([]);
    const kept = planted.filter(
      (row) => row['pool'] === 'mixed' && row['method'] === 'oracle' && row['keep'] === 0.25 && row['seed'] === 0,
    );
    expect(Object.fromEntries(kept.map(({ kind, numKept }) => [kind, numKept]))).toEqual({
      good: 15,
      mislabelled: 0,
      'low-quality': 0,
      duplicate: 0,
    });
    expect(await readFile(files.report, 'utf8')).toContain('Nothing was aligned or attacked.');
  });

  it('writes each pool once, as rows that a selection of its own may rank', async () => {
    const path = (name: string) => join(folder, 'whole', 'pools', name);
    await expect(access(path('mixed-s0.jsonl'))).rejects.toThrow('ENOENT');
    const [first, second, mixed] = await Promise.all(
      ['benign-20-s0', 'benign-20-s1', 'mixed-s7'].map(async (name) => (await readRows(path(`${name}.jsonl`))).rows),
    );
    expect([first!.length, second!.length, mixed!.length]).toEqual([40, 40, 60]);
    expect(new Set(first!.map(({ id }) => id))).not.toEqual(new Set(second!.map(({ id }) => id)));
    expect(mixed!.filter(({ fields }) => fields['kind'] === 'duplicate')).toHaveLength(6);
  });

  it('continues where it was stopped, to the same bytes, and computes nothing again once it is complete', async () => {
    const controller = new AbortController();
    const stopping = {
      progress: ({ facts }: { facts?: Readonly<Record<string, unknown>> }) => {
        if (String(facts?.['step']).includes('mixed/ppl-s0')) controller.abort();
      },
      warn: () => undefined,
      info: () => undefined,
    };
    await expect(ranking('stopped', TEXT, { signal: controller.signal, reporter: stopping })).rejects.toThrow(InterruptedError);
    const { mtimeMs } = await stat(join(folder, 'stopped', 'pools', 'mixed-s7.jsonl'));
    const continued = await ranking('stopped');
    expect((await stat(join(folder, 'stopped', 'pools', 'mixed-s7.jsonl'))).mtimeMs).toBe(mtimeMs);
    for (const name of ['results.parquet', 'planted.parquet', 'reliability.parquet']) {
      expect(await readFile(join(folder, 'stopped', name)), name).toEqual(await readFile(join(folder, 'whole', name)));
    }
    const again = await ranking('stopped');
    expect(again.wasComplete).toBe(true);
    expect(again.rankings).toEqual(continued.rankings);
  });

  it('says which pool the source cannot fill, before anything is written', async () => {
    await expect(ranking('refused', TEXT.replace('size: 40', 'size: 400'))).rejects.toThrow(
      'too few rows for the pool benign-20 of 400 rows: good: 320 asked, 160 available',
    );
    await expect(access(join(folder, 'refused'))).rejects.toThrow('ENOENT');
  });

  it('ranks rows of unknown kinds as they are, without figures of kinds', async () => {
    const rows = Array.from({ length: 12 }, (_, i) =>
      JSON.stringify({ id: `r${i}`, prompt: `Question ${i}?`, response: `Answer ${i} to it.` }),
    );
    const file = join(folder, 'unknown.jsonl');
    await writeFile(file, `${rows.join('\n')}\n`);
    const { files, rankings } = await ranking(
      'unknown',
      `name: plain\nmaxLength: 64\nseeds: [0, 1]\ndata: { alignment: ${file} }\nselection: { methods: [random], keep: [0.5] }`,
    );
    expect(rankings).toHaveLength(2);
    expect(rankings[0]).toMatchObject({ auroc: null, kinds: [], numKept: 6, isSamePool: true });
    expect(await records(files.planted!)).toEqual([]);
    expect(await records(files.results)).toHaveLength(2);
    const asked = `name: plain\nmaxLength: 64\ndata: { alignment: ${file} }\nselection: { methods: [random, oracle], keep: [0.5] }`;
    await expect(ranking('unknown-oracle', asked)).rejects.toThrow('needs to know of what kind every alignment row is');
    await expect(access(join(folder, 'unknown-oracle'))).rejects.toThrow('ENOENT');
  });

  it('ranks pools whose trusted rows are of other sources, with files of their own, form by form', async () => {
    const pool =
      '{ label: unseen, size: 50, shares: { mislabelled: 0.2, benign: 0.2, low-quality: 0.2 }, goodFrom: each, trusted: 10, harmful: 6,';
    const text = `
name: split
maxLength: 128
seeds: [0]
data:
  alignment: bundled:planted/rows.jsonl
  pools: [${pool} spoil: [cut-words, spliced], balanced: true }]
selection: { methods: [oracle, dsir, pharmacist], keep: [0.4, 0.2] }
`;
    const { files, record, reliabilities } = await ranking('split', text);
    const labels = ['unseen-hh_harmless', 'unseen-refusal_direction', 'unseen-xstest'];
    expect((record.config as { data: { pools: { label: string }[] } }).data.pools.map(({ label }) => label)).toEqual(labels);
    const rowsOf = async (name: string) => (await readRows(join(folder, 'split', 'pools', name))).rows;
    const sources = (rows: readonly { readonly fields: Readonly<Record<string, unknown>> }[]) =>
      [...new Set(rows.map(({ fields }) => String(fields['source'])))].sort();
    for (const label of labels) {
      const source = label.slice('unseen-'.length);
      const good = (await rowsOf(`${label}-s0.jsonl`)).filter(({ fields }) => fields['kind'] === 'good');
      expect(sources(good)).toEqual([source]);
      expect(sources(await rowsOf(`${label}-s0.trusted.jsonl`))).not.toContain(source);
      const ran = await readFile(join(folder, 'split', 'select', label, 'dsir-s0', 'run.json'), 'utf8');
      const { inputs } = JSON.parse(ran) as { inputs: { role: string; source: string; count: number }[] };
      expect(inputs.find(({ role }) => role === 'validation')!.source).toContain(`${label}-s0.trusted.jsonl`);
      expect(inputs.find(({ role }) => role === 'harmful')!.source).toContain(`${label}-s0.harmful.jsonl`);
    }
    const strata = (await records(files.results)).filter(
      ({ method, keep, stratum }) => method === 'oracle' && keep === 0.4 && stratum !== null,
    );
    const spoiled = strata.filter(({ kind }) => kind === 'low-quality');
    expect(spoiled.map(({ stratum, numRows }) => [stratum, numRows])).toEqual(
      labels.flatMap(() => [
        ['cut-words', 5],
        ['spliced', 5],
      ]),
    );
    // A row whose prompt leaves no room for an answer ranks last, good or not.
    for (const { auroc } of spoiled) expect(auroc).toBeGreaterThan(0.9);
    expect(new Set(strata.map(({ kind }) => kind))).toEqual(new Set(['good', 'mislabelled', 'benign', 'low-quality']));
    expect(await readFile(files.report, 'utf8')).toContain('By form of each kind');
    // The one method that gives probabilities; each ranking once, whatever the shares to keep.
    const [only, ...others] = reliabilities;
    expect(others).toEqual([]);
    expect(only).toMatchObject({ method: 'pharmacist', shareGood: 0.4, numRows: 150 - only!.numUnknown });
    const [whole, ...bins] = await records(files.reliability!);
    expect(whole).toMatchObject({ method: 'pharmacist', bin: null, brierScore: only!.brierScore });
    expect(bins).toHaveLength(only!.curve.length);
    expect((await ranking('split', text)).reliabilities).toEqual(reliabilities);
  });
});

describe('a pool of several files', () => {
  it('is read as one by every step, with its split; what is odd about them is said once', async () => {
    const rows = (await readFile(bundledPath('data', 'demo/alignment.jsonl'), 'utf8')).split('\n').slice(0, 20);
    const set = join(folder, 'set');
    await mkdir(set);
    await writeFile(join(set, 'train.jsonl'), rows.slice(0, 8).join('\n'));
    await writeFile(join(folder, 'leaked.jsonl'), rows[0]!);
    await writeFile(join(set, 'test.jsonl'), 'never read');
    const contextual = rows.slice(8, 20).map((row) => JSON.stringify({ ...(JSON.parse(row) as object), context: 'c' }));
    await writeFile(join(folder, 'more.jsonl'), contextual.join('\n'));
    const text = `
name: files
maxLength: 128
data: { alignment: [${set}, ${join(folder, 'more.jsonl')}], validation: ${join(folder, 'leaked.jsonl')}, split: train }
selection: { methods: [random, dsir, { name: dsir, label: again }], keep: [0.5], explain: true }
`;
    const warnings: string[] = [];
    const reporter = { progress: () => undefined, info: () => undefined, warn: (message: string) => warnings.push(message) };
    const { rankings, record } = await ranking('files', text, { reporter });
    expect(rankings.map(({ numRows }) => numRows)).toEqual([20, 20, 20]);
    expect(record.inputs.find(({ role }) => role === 'alignment')).toMatchObject({
      source: `${set}, ${join(folder, 'more.jsonl')}`,
      files: [{ source: join(set, 'train.jsonl') }, { source: join(folder, 'more.jsonl') }],
    });
    expect(warnings.filter((message) => message.includes('left out of the prompts'))).toEqual([
      expect.stringContaining('"context" (12 of 20 rows)') as string,
    ]);
    expect(warnings.filter((message) => message.includes('in the pool'))).toEqual([
      expect.stringMatching(/^select\/dsir-s0: 1 of 1 validation prompts are in the pool .*more\.jsonl too/) as string,
    ]);
  });
});
