import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PharmacistError, type Reporter } from '@pharmacist/core';
import { streamRecords } from '@pharmacist/data-io';
import { describe, expect, it } from 'vitest';
import type { SelectOptions } from '../src/select/options.ts';
import { select } from '../src/select/select.ts';
import { useModelFolder } from './support/model-folder.ts';
import { writeRandomModel } from './support/random-model.ts';

const NUM_ROWS = 14;
const METHOD_OPTIONS = { checkpoints: [0, 3], loraRank: 2, trainBatchSize: 4 };

const { folder, settings, file, newOut } = await useModelFolder();

const colours = ['red', 'green', 'blue', 'grey'];
// Odd spacing and number forms, which a written line must keep.
const lines = Array.from({ length: NUM_ROWS }, (_, i) => {
  const kind = i % 2 === 0 ? 'good' : 'benign';
  return `{"id": "r${i}",  "prompt":"Name colour ${i}","response":"It is ${colours[i % 4]} ${'and so on '.repeat(i % 5)}.", "weight":1.50, "kind":"${kind}"}`;
});
const rows = (name: string, texts: readonly string[]) => file(name, texts.join('\n') + '\n');
const base: Omit<SelectOptions, 'out'> = {
  ...settings,
  alignment: await rows('pool.jsonl', lines),
  harmful: await rows('harmful.jsonl', ['{"prompt":"Say a bad word","response":"Bad."}', '{"prompt":"Say worse","response":"Worse."}']),
  validation: await rows('validation.jsonl', ['{"prompt":"Say an ugly word","response":"I would rather not."}']),
  method: 'bilevel',
  methodOptions: METHOD_OPTIONS,
  keep: 0.4,
};

class Collector implements Reporter {
  readonly warnings: string[] = [];
  numEvents = 0;
  readonly #onEvent: (numEvents: number) => void;
  constructor(onEvent: (numEvents: number) => void = () => undefined) {
    this.#onEvent = onEvent;
  }
  progress(): void {
    this.#onEvent(++this.numEvents);
  }
  warn(message: string): void {
    this.warnings.push(message);
  }
  info(): void {}
}

async function jsonOf(path: string): Promise<Record<string, unknown>> {
  return JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>;
}

/** Everything of a finished run that must not depend on how it was reached. */
async function remains(out: string) {
  const { timing: _, ...record } = await jsonOf(join(out, 'run.json'));
  return { record, ranking: await readFile(join(out, 'ranking.parquet')), core: await readFile(join(out, 'core.jsonl'), 'utf8') };
}

describe('a selection', () => {
  it('writes the ranking, the chosen lines as they were, and the record; and does not repeat what is done', async () => {
    const out = newOut();
    const result = await select({ ...base, out });
    expect((await readdir(out)).sort()).toEqual(['core.jsonl', 'ranking.parquet', 'run.json']);
    expect(result).toMatchObject({ method: 'bilevel', numRows: NUM_ROWS, numKept: 6, wasComplete: false });

    const ranked: Record<string, unknown>[] = [];
    for await (const { record } of streamRecords(result.files.ranking)) ranked.push(record);
    const usual = ['id', 'rank', 'score', 'selected', 'loss', 'gradient_norm'];
    expect(Object.keys(ranked[0]!)).toEqual([...usual, 'validation_influence', 'contrast_influence', 'influence_score', 'word_ratio']);
    expect(ranked.map(({ rank }) => rank)).toEqual(Array.from({ length: NUM_ROWS }, (_, i) => i + 1));
    expect(ranked.map(({ selected }) => selected)).toEqual(Array.from({ length: NUM_ROWS }, (_, i) => i < 6));
    const scores = ranked.map(({ score }) => Number(score));
    expect(scores).toEqual([...scores].sort((a, b) => b - a));
    expect(new Set(ranked.map(({ id }) => id)).size).toBe(NUM_ROWS);

    const core = (await readFile(result.files.core, 'utf8')).trimEnd().split('\n');
    expect(core).toEqual(ranked.slice(0, 6).map(({ id }) => lines[Number(String(id).slice(1))]));

    const record = await jsonOf(result.files.record);
    expect(record).toMatchObject({
      command: 'select',
      status: 'done',
      seed: 3,
      config: { method: 'bilevel', keep: 0.4, template: 'alpaca', maxLength: 96, batchSize: 4, engine: 'onnx' },
      versions: { node: process.versions.node, machine: expect.stringMatching(/^\w+ \w+, .+, \d+ cores$/) as string },
      notes: { validation: 'trusted' },
      summary: { numRows: NUM_ROWS, numKept: 6, planted: { numKept: 6 } },
      counts: { rowsRead: NUM_ROWS + 3, rowsSkipped: 0 },
      // Of each round 1 batch of trusted, 1 of harmful and 4 of influences; between the rounds 3 steps.
      passes: { forward: 15, backward: 15 },
    });
    expect((record['inputs'] as { role: string }[]).map(({ role }) => role)).toEqual(['alignment', 'harmful', 'validation', 'model']);
    expect((record['config'] as { options: unknown }).options).toMatchObject({ ...METHOD_OPTIONS, harmfulWeight: 1, toxic: 'none' });

    const before = await remains(out);
    const reporter = new Collector();
    expect(await select({ ...base, out, reporter })).toMatchObject({ wasComplete: true, numKept: 6, planted: result.planted });
    expect(reporter.numEvents).toBe(0);
    expect(await remains(out)).toEqual(before);
  });

  it('that was stopped ends with the same bytes and the same record', async () => {
    const whole = newOut();
    const all = new Collector();
    await select({ ...base, out: whole, reporter: all });
    const expected = await remains(whole);
    for (const share of [0.2, 0.5, 0.8]) {
      const out = newOut();
      const controller = new AbortController();
      const reporter = new Collector((n) => n === Math.ceil(share * all.numEvents) && controller.abort());
      await expect(select({ ...base, out, reporter, signal: controller.signal })).rejects.toMatchObject({ code: 'E_INTERRUPTED' });
      expect(await readdir(out)).not.toContain('core.jsonl');
      expect(await select({ ...base, out })).toMatchObject({ wasComplete: false, record: { timing: { attempts: 2 } } });
      expect(await remains(out), `stopped at ${share}`).toEqual(expected);
    }
  });

  it('finds the share to keep in the scores, and says which it found', async () => {
    const out = newOut();
    const result = await select({ ...base, keep: 'auto', out });
    expect(result.keep).toBeGreaterThan(0);
    expect(result.keep).toBeLessThan(1);
    expect(result.numKept).toBe(Math.round(result.keep * NUM_ROWS));
    expect(result.record).toMatchObject({ config: { keep: 'auto' }, summary: { keep: result.keep, numKept: result.numKept } });
    expect((await readFile(result.files.core, 'utf8')).trimEnd().split('\n')).toHaveLength(result.numKept);
    const again = await select({ ...base, keep: 'auto', out });
    expect(again).toMatchObject({ wasComplete: true, keep: result.keep, numKept: result.numKept });
    // The same share by hand gives the same core.
    const byHand = await select({ ...base, keep: result.keep, out: newOut() });
    expect(await readFile(byHand.files.core)).toEqual(await readFile(result.files.core));
  });

  it('makes no batch larger than there are rows, however large it may be', async () => {
    const perplexity = { ...base, method: 'perplexity', methodOptions: {}, harmful: undefined, validation: undefined };
    const large = await select({ ...perplexity, batchSize: 1_000_000, out: newOut() });
    expect(large.record).toMatchObject({ config: { batchSize: 1_000_000 }, passes: { forward: 1, forwardRows: NUM_ROWS } });
    const whole = await select({ ...perplexity, batchSize: NUM_ROWS, out: newOut() });
    expect(await readFile(large.files.ranking)).toEqual(await readFile(whole.files.ranking));
  });

  it('ranks a pool of one row', async () => {
    const alignment = await file('one.jsonl', `${lines[0]}\n`);
    expect(await select({ ...base, alignment, out: newOut() })).toMatchObject({ numRows: 1, numKept: 1 });
  });

  it('names harmful rows that are in the pool, and says of the same rows nothing twice in a grid', async () => {
    const alignment = await file(
      'mixed.jsonl',
      [...lines, '{"prompt":"Say worse","response":"Worse."}', lines[1]!.replace('r1', 'copy')].join('\n'),
    );
    const saidOfRows = new Set<string>();
    const warningsOf = async (method: string) => {
      const reporter = new Collector();
      await select({ ...base, alignment, method, methodOptions: {}, saidOfRows, out: newOut(), reporter });
      return reporter.warnings;
    };
    expect(await warningsOf('random')).toEqual([
      `${alignment}: 1 rows repeat an earlier row exactly; each copy is ranked by itself`,
      `1 of 2 harmful rows are in the pool ${alignment} too, word for word (one is ${alignment}:${NUM_ROWS + 1}), and may be chosen. ` +
        'Fix: leave them out of the pool',
    ]);
    expect(await warningsOf('perplexity')).toEqual([]);
  });

  it('names rows that are harmful and trusted', async () => {
    const both = '{"prompt":"Say an ugly word","response":"I would rather not."}';
    const harmful = await file('both.jsonl', `{"prompt":"Say a bad word","response":"Bad."}\n${both}\n`);
    const reporter = new Collector();
    await select({ ...base, harmful, method: 'random', methodOptions: {}, out: newOut(), reporter });
    expect(reporter.warnings).toEqual([
      expect.stringMatching(
        /^1 of 2 harmful rows are trusted rows too, word for word \(one is .*both\.jsonl:2 and .*validation\.jsonl:1\)/,
      ),
    ]);
  });

  it('says what is odd about the rows', async () => {
    const alignment = await file(
      'odd.jsonl',
      [...lines, lines[0]!.replace('r0', 'copy'), '{"prompt":"no answer"}', '{"prompt":"Say an  ugly word","response":"No."}'].join('\n'),
    );
    const reporter = new Collector();
    const { validation: _, ...withoutValidation } = base;
    const { record } = await select({
      ...base,
      alignment,
      skipInvalid: true,
      method: 'random',
      methodOptions: {},
      out: newOut(),
      reporter,
    });
    expect(record.counts).toMatchObject({ rowsRead: NUM_ROWS + 6, rowsSkipped: 1 });
    expect(reporter.warnings).toEqual([
      `${alignment}: 1 of ${NUM_ROWS + 3} rows skipped as invalid`,
      `${alignment}: 1 rows repeat an earlier row exactly; each copy is ranked by itself`,
    ]);
    const reading = new Collector();
    await select({ ...base, alignment, skipInvalid: true, method: 'dsir', methodOptions: {}, out: newOut(), reporter: reading });
    expect(reading.warnings.at(-1)).toBe(
      `1 of 1 validation prompts are in the pool ${alignment} too; rows of the same prompt will rank higher for it`,
    );

    const unguided = new Collector();
    const run = await select({ ...withoutValidation, out: newOut(), reporter: unguided });
    expect(unguided.warnings.join()).toContain('no trusted validation rows (--validation)');
    expect(run.record.notes).toMatchObject({ validation: 'pseudo' });
  });
});

describe('a mistake', () => {
  const mistakes: [what: string, code: string, message: RegExp, change: () => Promise<Partial<SelectOptions>>][] = [
    ['an unknown method', 'E_CONFIG', /Did you mean "pharmacist"/, async () => ({ method: 'pharmacyst' })],
    ['an unknown option', 'E_CONFIG', /"toxik" is unknown\. Did you mean "toxic"\?/, async () => ({ methodOptions: { toxik: 'init' } })],
    ['an option of the wrong type', 'E_CONFIG', /harmfulWeight: .*number/, async () => ({ methodOptions: { harmfulWeight: 'much' } })],
    ['an option of a method that has none', 'E_CONFIG', /takes no options/, async () => ({ method: 'random', methodOptions: { rank: 1 } })],
    ['nothing to keep', 'E_CONFIG', /share above 0/, async () => ({ keep: 0 })],
    ['more than everything to keep', 'E_CONFIG', /share above 0/, async () => ({ keep: 1.5 })],
    ['rows longer than the model', 'E_CONFIG', /129 tokens exceed the 128 positions/, async () => ({ maxLength: 129 })],
    [
      'a scoring model that is not there',
      'E_MODEL',
      /does not exist/,
      async () => ({ method: 'superfiltering', methodOptions: { model: 'no/such/model' } }),
    ],
    ['an empty pool', 'E_DATA', /no rows/, async () => ({ alignment: await file('empty.jsonl', '') })],
    ['an invalid row', 'E_DATA', /line|:2|response/, async () => ({ alignment: await file('bad.jsonl', `${lines[0]}\n{"prompt":"x"}\n`) })],
    [
      'the oracle without the truth',
      'E_CONFIG',
      /needs to know of what kind every alignment row is/,
      async () => ({
        method: 'oracle',
        methodOptions: {},
        alignment: await file('no-kind.jsonl', [lines[0]!, '{"id":"x","prompt":"a","response":"b"}'].join('\n')),
      }),
    ],
    ['two files on standard input', 'E_CONFIG', /only one file/, async () => ({ alignment: '-', harmful: '-' })],
    ['a missing model', 'E_MODEL', /does not exist/, async () => ({ model: join(folder, 'nowhere') })],
    ['a missing pool', 'E_FILE', /nowhere/, async () => ({ alignment: join(folder, 'nowhere.jsonl') })],
    [
      'weights that are not numbers',
      'E_MODEL',
      /is NaN at index 0/,
      async () => ({ model: await writeRandomModel(join(folder, 'nan'), { poison: NaN }) }),
    ],
  ];

  it.each(mistakes)('is told before anything is written: %s', async (_, code, message, change) => {
    const out = newOut();
    const error: unknown = await select({ ...base, ...(await change()), out }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(PharmacistError);
    const { code: found, isUserError } = error as PharmacistError;
    expect({ found, isUserError }).toEqual({ found: code, isUserError: true });
    expect((error as PharmacistError).describe()).toMatch(message);
    await expect(readdir(out)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('in the options of a run that exists leaves that run alone', async () => {
    const out = newOut();
    const random = { ...base, method: 'random', methodOptions: {}, out };
    await select(random);
    const before = await remains(out);
    await expect(select({ ...random, seed: 4 })).rejects.toThrow('holds another run');
    expect(await remains(out)).toEqual(before);
  });
});
