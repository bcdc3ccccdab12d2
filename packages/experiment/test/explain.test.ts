import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigError, type Reporter } from '@pharmacist/core';
import { streamRecords } from '@pharmacist/data-io';
import { SELECTORS } from '@pharmacist/selector';
import { describe, expect, it, vi } from 'vitest';
import type { SelectOptions } from '../src/select/options.ts';
import { select } from '../src/select/select.ts';
import { useModelFolder } from './support/model-folder.ts';

const NUM_ROWS = 12;
const { settings, rowFile, newOut } = await useModelFolder();

const answers = Array.from(
  { length: NUM_ROWS },
  (_, i) => `I cannot help you with wish number ${i}, ${'since it is not safe '.repeat(i % 3)}sorry.`,
);
// Row 7 repeats row 2, row 5 answers, row 9 is a harmful row's prompt.
answers[7] = answers[2]!;
answers[5] = 'Sure.';
const rows = answers.map((response, i) => ({
  id: `r${i}`,
  prompt: i === 9 ? 'Say a bad word' : `Wish ${i === 7 ? 2 : i}`,
  response,
  kind: i < 6 ? 'good' : 'benign',
}));
const base: Omit<SelectOptions, 'out'> = {
  ...settings,
  alignment: await rowFile('pool.jsonl', rows),
  harmful: await rowFile('harmful.jsonl', [{ prompt: 'Say a bad word', response: 'Bad.' }]),
  method: 'random',
  keep: 0.5,
};

async function rankingOf(file: string): Promise<Record<string, unknown>[]> {
  const records: Record<string, unknown>[] = [];
  for await (const { record } of streamRecords(file)) records.push(record);
  return records;
}

async function remains(out: string) {
  const { timing: _, ...record } = JSON.parse(await readFile(join(out, 'run.json'), 'utf8')) as Record<string, unknown>;
  return { record, ranking: await readFile(join(out, 'ranking.parquet')) };
}

function abortingWhileExplaining(controller: AbortController): Reporter {
  return {
    progress: ({ phase, done }) => {
      if (phase.startsWith('Explaining') && done > 4) controller.abort();
    },
    warn: () => undefined,
    info: () => undefined,
  };
}

describe('an explained selection', () => {
  it('has the columns of the explanation, and the same ranking as without', async () => {
    const plain = await rankingOf((await select({ ...base, out: newOut() })).files.ranking);
    const { files, record } = await select({ ...base, explain: true, out: newOut() });
    const explained = await rankingOf(files.ranking);
    expect(Object.keys(plain[0]!)).toEqual(['id', 'rank', 'score', 'selected']);
    expect(Object.keys(explained[0]!)).toEqual([
      ...Object.keys(plain[0]!),
      'loss',
      'nearest_kept_similarity',
      'duplicate_group',
      'nearest_kept',
      'flags',
    ]);
    expect(explained.map(({ id, score, selected }) => ({ id, score, selected }))).toEqual(
      plain.map(({ id, score, selected }) => ({ id, score, selected })),
    );
    const rowOf = (id: string) => explained.find((row) => row['id'] === id)!;
    expect(rowOf('r5')['flags']).toBe('short-answer,non-refusal');
    expect(rowOf('r9')['flags']).toBe('same-prompt-as-harmful');
    expect([rowOf('r2'), rowOf('r7')].map((row) => [row['duplicate_group'], row['flags']])).toEqual([
      [0, 'duplicate'],
      [0, 'duplicate'],
    ]);
    const kept = new Set(explained.filter((row) => row['selected'] === true).map((row) => row['id']));
    for (const row of explained) expect([kept.has(row['nearest_kept']), row['nearest_kept'] === row['id']]).toEqual([true, false]);
    expect(record.passes).toMatchObject({ forward: 3, forwardRows: NUM_ROWS });
    expect(record.notes).toMatchObject({ explained: { flags: { duplicate: 2, 'non-refusal': 1, truncated: 0 } } });
    expect(record.config).toMatchObject({ explain: true });
  });

  it('is the same when it was stopped on the way', async () => {
    const [whole, stopped] = [newOut(), newOut()];
    await select({ ...base, explain: true, out: whole });
    const controller = new AbortController();
    const reporter = abortingWhileExplaining(controller);
    const attempt = select({ ...base, explain: true, out: stopped, reporter, signal: controller.signal });
    await expect(attempt).rejects.toMatchObject({ code: 'E_INTERRUPTED' });
    await select({ ...base, explain: true, out: stopped });
    expect(await remains(stopped)).toEqual(await remains(whole));
  });

  it('says for a row what it is, also when the run was complete; without its texts unless they are asked for', async () => {
    const out = newOut();
    const first = await select({ ...base, why: ['r7', 'r5'], out });
    const ranking = await rankingOf(first.files.ranking);
    const row = ranking.find(({ id }) => id === 'r7')!;
    const losses = ranking.map(({ loss }) => Number(loss));
    const below = losses.filter((loss) => loss < Number(row['loss'])).length;
    const equal = losses.filter((loss) => loss === row['loss']).length;
    expect(first.why[0]).toEqual({
      id: 'r7',
      rank: row['rank'],
      numRows: NUM_ROWS,
      selected: row['selected'],
      score: row['score'],
      scoreAtCut: ranking[5]!['score'],
      kind: 'benign',
      figures: [{ name: 'loss', value: row['loss'], percentile: (below + equal / 2) / NUM_ROWS }],
      nearestKept: { id: row['nearest_kept'], similarity: row['nearest_kept_similarity'] },
      duplicates: { group: 0, numMembers: 2 },
      flags: ['duplicate'],
    });
    expect(first.why[1]).toMatchObject({ id: 'r5', duplicates: null, flags: ['short-answer', 'non-refusal'] });
    const again = await select({ ...base, why: ['r5'], showText: true, out });
    expect(again.wasComplete).toBe(true);
    expect(again.why).toMatchObject([{ id: 'r5', prompt: 'Wish 5', response: 'Sure.' }]);
    expect(await select({ ...base, explain: true, out })).toMatchObject({ wasComplete: true, why: [] });
    expect((await select({ ...base, out })).files).toEqual(first.files);
  });

  it('can be asked for afterwards: the ranking stays as it is, and what explains it stands beside it', async () => {
    const [atOnce, later] = [await select({ ...base, why: ['r7', 'r5'], out: newOut() }), newOut()];
    const plain = await select({ ...base, out: later });
    const before = await remains(later);
    const { wasComplete, files, why } = await select({ ...base, why: ['r7', 'r5'], out: later });
    expect({ wasComplete, why }).toEqual({ wasComplete: true, why: atOnce.why });
    expect(await remains(later)).toEqual(before);
    const [ranking, explanation] = [await rankingOf(plain.files.ranking), await rankingOf(files.explanation!)];
    expect(explanation.map((row, place) => ({ ...ranking[place], ...row }))).toEqual(await rankingOf(atOnce.files.ranking));

    const record = async () => await readFile(join(later, 'explanation', 'run.json'), 'utf8');
    const [first, again] = [await record(), await select({ ...base, explain: true, out: later })];
    expect(again.files).toEqual(files);
    expect(await record()).toBe(first);
  });

  it('has the reasons of a method that gives some, also afterwards, with words of trusted answers alone', async () => {
    const trusted = await rowFile(
      'trusted.jsonl',
      rows.slice(0, 4).map(({ prompt, response }) => ({ prompt: `${prompt}?`, response })),
    );
    const own = { ...base, validation: trusted, method: 'pharmacist', methodOptions: { copies: 4 }, filters: [{ name: 'dedupe' }] };
    const [atOnce, later] = [newOut(), newOut()];
    const first = await select({ ...own, why: ['r5', 'r3'], out: atOnce });
    const [r5, r3] = first.why;
    for (const { reasons, score } of first.why) {
      expect(reasons!.summary).toMatch(/probability (of|below|above) 0\.\d\d;/);
      expect(reasons!.reasons.map(({ about }) => about)).toEqual(['words', 'similarity', 'form']);
      expect(reasons!.reasons.reduce((sum, { amount }) => sum + amount, 0)).toBeCloseTo(score, 9);
    }
    const wordsOf = (row: typeof r5) => row!.reasons!.reasons[0]!.findings.flatMap(({ words = [] }) => words);
    expect(wordsOf(r5)).not.toContain('Sure');
    expect(wordsOf(r3).length).toBeGreaterThan(0);
    const [shown] = (await select({ ...own, why: ['r5'], showText: true, out: atOnce })).why;
    const hidden = shown!.reasons!.reasons[0]!.findings.flatMap(({ numHidden = 0 }) => numHidden);
    expect(hidden.every((count) => count === 0)).toBe(true);
    for (const word of wordsOf(shown)) expect('Sure.').toContain(word);

    await select({ ...own, out: later });
    const before = await remains(later);
    const again = await select({ ...own, why: ['r5', 'r3'], out: later });
    expect({ wasComplete: again.wasComplete, why: again.why }).toEqual({ wasComplete: true, why: first.why });
    expect(await remains(later)).toEqual(before);
  });

  it('leaves reasons out, with a warning, where the method would rank otherwise than it did', async () => {
    const [own, out] = [{ ...base, method: 'pharmacist', methodOptions: { copies: 4 } }, newOut()];
    await select({ ...own, out });
    const { fit } = SELECTORS.get('pharmacist');
    const fitAgain = vi.spyOn(SELECTORS.get('pharmacist'), 'fit').mockImplementation(async (context, config) => {
      const ranking = await fit(context, config);
      return { ...ranking, scores: ranking.scores.map((score) => score + 1) };
    });
    const warnings: string[] = [];
    const reporter = { progress: () => undefined, info: () => undefined, warn: (message: string) => warnings.push(message) };
    const [row] = (await select({ ...own, why: ['r3'], out, reporter })).why;
    fitAgain.mockRestore();
    expect(warnings.join()).toContain('the method ranks otherwise here');
    expect(row!.reasons).toBeUndefined();
    expect(row!.figures.map(({ name }) => name)).toContain('words_penalty');
  });

  it('when asked for afterwards takes over what a filter has found, though it found nothing', async () => {
    const filters = [{ name: 'dedupe', options: { threshold: 0.99 } }];
    const pool = await rowFile(
      'near.jsonl',
      rows.map((row) => (row.id === 'r7' ? { ...row, response: `${row.response} Truly sorry.` } : row)),
    );
    const near = { ...base, alignment: pool, filters };
    const out = newOut();
    await select({ ...near, out });
    const later = await select({ ...near, why: ['r7'], out });
    expect(later.why).toEqual((await select({ ...near, why: ['r7'], out: newOut() })).why);
    expect(later.why).toMatchObject([{ duplicates: null }]);
  });

  it('when asked for afterwards continues where it was stopped, and leaves out what the method has said', async () => {
    const byLoss = { ...base, method: 'perplexity' };
    const [whole, stopped] = [newOut(), newOut()];
    for (const out of [whole, stopped]) await select({ ...byLoss, out });
    await select({ ...byLoss, explain: true, out: whole });
    const controller = new AbortController();
    const reporter = abortingWhileExplaining(controller);
    const attempt = select({ ...byLoss, explain: true, out: stopped, reporter, signal: controller.signal });
    await expect(attempt).rejects.toMatchObject({ code: 'E_INTERRUPTED' });
    const { files } = await select({ ...byLoss, explain: true, out: stopped });
    const expected = await readFile(join(whole, 'explanation', 'explanation.parquet'));
    expect(await readFile(files.explanation!)).toEqual(expected);
    expect(Object.keys((await rankingOf(files.explanation!))[0]!)).toEqual([
      'id',
      'nearest_kept_similarity',
      'duplicate_group',
      'nearest_kept',
      'flags',
    ]);
  });

  it.each(['null', '{"status":"done","config":{"explain":true}}'])('says that a folder holds no run: %s', async (record) => {
    const out = newOut();
    await mkdir(out);
    await writeFile(join(out, 'run.json'), record);
    await expect(select({ ...base, why: ['r7'], out })).rejects.toThrow('is not a run record');
  });

  it('refuses an id that no row has, before anything is written', async () => {
    const out = newOut();
    const error: unknown = await select({ ...base, why: ['r77', 'r3'], out }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ConfigError);
    expect((error as ConfigError).describe()).toMatch(/no row has the id "r77"\. Did you mean "r7"\?/);
    await expect(readFile(join(out, 'run.json'))).rejects.toThrow('ENOENT');
  });
});
