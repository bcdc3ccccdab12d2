import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ConfigError, type Reporter, silentReporter } from '@pharmacist/core';
import { streamRecords } from '@pharmacist/data-io';
import { describe, expect, it } from 'vitest';
import { runConfigSchema } from '../src/run/config-schema.ts';
import type { SelectOptions } from '../src/select/options.ts';
import { select } from '../src/select/select.ts';
import { useModelFolder } from './support/model-folder.ts';

const NUM_ROWS = 12;
const DEDUPE = [{ name: 'dedupe' }];

const { folder, settings, rowFile, newOut } = await useModelFolder();

const originals = Array.from({ length: NUM_ROWS }, (_, i) => {
  const words = Array.from({ length: 24 }, (__, place) => `${(i * 31 + place * (i + 7)) % 97}`);
  return { id: `r${i + 10}`, prompt: `Say row ${i}`, response: words.join(' ') };
});
const copies = [2, 2, 5].map((of, i) => ({ ...originals[of]!, id: `s${i}`, response: `${originals[of]!.response} again` }));
/** The same rows with and without near-copies; a copy's id comes after that of its row. */
const pools = { without: await rowFile('plain.jsonl', originals), withCopies: await rowFile('copies.jsonl', [...copies, ...originals]) };
const base: Omit<SelectOptions, 'out' | 'alignment'> = {
  ...settings,
  harmful: await rowFile('harmful.jsonl', [{ prompt: 'Say a bad word', response: 'Bad.' }]),
  validation: await rowFile('validation.jsonl', [{ prompt: 'Say an ugly word', response: 'I would rather not.' }]),
  method: 'bilevel',
  methodOptions: { checkpoints: [0, 3], loraRank: 2, trainBatchSize: 4 },
  keep: 0.4,
};

async function selected(options: Partial<SelectOptions> & Pick<SelectOptions, 'alignment'>) {
  const out = options.out ?? newOut();
  const warnings: string[] = [];
  const reporter: Reporter = { ...silentReporter, warn: (message) => warnings.push(message), ...options.reporter };
  const result = await select({ ...base, ...options, out, reporter });
  const ranked: Record<string, unknown>[] = [];
  for await (const { record } of streamRecords(result.files.ranking)) ranked.push(record);
  return { result, ranked, warnings, core: await readFile(result.files.core, 'utf8') };
}

describe('a filter', () => {
  it('leaves rows out before the method sees them: they rank last, cost nothing and change no score', async () => {
    const filtered = await selected({ alignment: pools.withCopies, filters: DEDUPE });
    const without = await selected({ alignment: pools.without });
    const { record } = filtered.result;
    expect(record.passes).toEqual(without.result.record.passes);
    expect(record.notes).toMatchObject({ leftOutByFilter: { dedupe: 3 }, numRanked: NUM_ROWS });
    expect(record.config).toMatchObject({ filters: [{ name: 'dedupe', options: { threshold: 0.8, numHashes: 128, shingleSize: 3 } }] });
    expect(without.result.record.config).not.toHaveProperty('filters');

    const own = (rows: typeof filtered.ranked) =>
      rows.slice(0, NUM_ROWS).map(({ id, score, loss, validation_influence: validation, contrast_influence: contrast }) => ({
        id,
        score,
        loss,
        validation,
        contrast,
      }));
    expect(own(filtered.ranked)).toEqual(own(without.ranked));
    const last = filtered.ranked.slice(NUM_ROWS);
    expect(last.map(({ id }) => id)).toEqual(['s0', 's1', 's2']);
    expect(last.every(({ selected: isSelected, loss }) => isSelected === false && loss === null)).toBe(true);
    expect(Number(last[0]!['score'])).toBeLessThan(Number(filtered.ranked[NUM_ROWS - 1]!['score']));
    const groups = new Map(filtered.ranked.map(({ id, duplicate_group: group }) => [id, group]));
    expect([groups.get('r12'), groups.get('s0'), groups.get('s1'), groups.get('r15'), groups.get('s2')]).toEqual([0, 0, 0, 1, 1]);
    expect(groups.get('r10')).toBeNull();
    expect(filtered.warnings).toEqual([]);
  });

  it('lets rows that it left out into the core only if the share asks for them, and says so', async () => {
    const alignment = pools.withCopies;
    const { core, warnings } = await selected({ alignment, filters: DEDUPE, keep: 14 / 15, method: 'random', methodOptions: {} });
    expect(core.trimEnd().split('\n')).toHaveLength(14);
    expect(warnings.join()).toMatch(/leave 12 of 15 rows, fewer than --keep .* asks for: 2 rows that were filtered out are in the core/);
    const full = await selected({ alignment, filters: DEDUPE, keep: 12 / 15, method: 'random', methodOptions: {} });
    expect(full.warnings).toEqual([]);
    expect(full.core).not.toContain('again');
  });

  it('takes options', async () => {
    const filters = [{ name: 'dedupe', options: { threshold: 1 } }];
    const { result } = await selected({ alignment: pools.withCopies, filters, method: 'random', methodOptions: {} });
    // Only the second of two equal copies.
    expect(result.record.notes).toMatchObject({ leftOutByFilter: { dedupe: 1 } });
  });

  it('is gone through again by a run that was stopped, which ends with the same bytes', async () => {
    const whole = await selected({ alignment: pools.withCopies, filters: DEDUPE });
    let numEvents = 0;
    await selected({ alignment: pools.withCopies, filters: DEDUPE, reporter: { ...silentReporter, progress: () => numEvents++ } });
    for (const event of [3, Math.ceil(0.6 * numEvents)]) {
      const out = join(folder, `stopped-${event}`);
      const controller = new AbortController();
      let seen = 0;
      const reporter = { ...silentReporter, progress: () => ++seen === event && controller.abort() };
      const stopped = select({ ...base, alignment: pools.withCopies, filters: DEDUPE, out, reporter, signal: controller.signal });
      await expect(stopped).rejects.toMatchObject({ code: 'E_INTERRUPTED' });
      const { result, ...files } = await selected({ alignment: pools.withCopies, filters: DEDUPE, out });
      const { result: expected, ...expectedFiles } = whole;
      expect(files).toEqual(expectedFiles);
      expect(await readFile(result.files.ranking)).toEqual(await readFile(expected.files.ranking));
      expect({ ...result.record, timing: null }).toEqual({ ...expected.record, timing: null });
    }
  });

  it.each([
    [[{ name: 'dedup' }], /Did you mean "dedupe"/],
    [[{ name: 'dedupe', options: { treshold: 1 } }], /"treshold" is unknown\. Did you mean "threshold"/],
    [[{ name: 'dedupe', options: { threshold: 2 } }], /threshold: /],
    [[...DEDUPE, ...DEDUPE], /filter dedupe.*is named twice/],
  ])('that is a mistake is told before anything is written: %j', async (filters, message) => {
    const error: unknown = await selected({ alignment: pools.without, filters }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'E_CONFIG', isUserError: true });
    expect((error as ConfigError).describe()).toMatch(message);
  });
});

describe('filters in the configuration of a run', () => {
  const methodsOf = (...methods: readonly unknown[]) => runConfigSchema.shape.selection.shape.methods.safeParse(methods);

  it('go with a method, by name or with options', () => {
    const entry = { name: 'pharmacist', filters: ['dedupe', { name: 'dedupe', options: { threshold: 0.7 } }], label: 'deduped' };
    expect(methodsOf('pharmacist', entry).data).toMatchObject([
      { name: 'pharmacist', label: 'pharmacist' },
      { name: 'pharmacist', label: 'deduped', options: {}, filters: [{ name: 'dedupe' }, { name: 'dedupe', options: { threshold: 0.7 } }] },
    ]);
    expect(methodsOf({ ...entry, filters: [7] }).success).toBe(false);
    expect(methodsOf({ name: 'pharmacist', filter: ['dedupe'] }).success).toBe(false);
  });

  it('do not tell two entries apart without a label', () => {
    expect(methodsOf('pharmacist', { name: 'pharmacist', filters: ['dedupe'] }).error?.issues[0]?.message).toContain('same label');
  });
});
