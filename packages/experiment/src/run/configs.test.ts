import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { silentReporter } from '@pharmacist/core';
import { SELECTORS } from '@pharmacist/selector';
import { describe, expect, it } from 'vitest';
import { parseDefense } from '../align/parse-defense.ts';
import { expandPools } from './expand-pools.ts';
import { drawPools } from './pool-files.ts';
import { parseMethod } from '../select/parse-method.ts';
import { givenRows } from './check-methods.ts';
import { checkRows } from './check-rows.ts';
import { planRun } from './plan.ts';
import { readRunConfig } from './read-config.ts';

const FOLDER = join(import.meta.dirname, '../../../../configs');
const files = (await readdir(FOLDER)).filter((name) => name.endsWith('.yaml'));

describe('configs/', () => {
  it('holds the bundled grid, the planted benchmarks, the study and one file for each defense of the papers', () => {
    expect(files.sort()).toEqual(
      [
        'paper-booster',
        'paper-repnoise',
        'paper-sft',
        'paper-t-vaccine',
        'paper-vaccine',
        'planted-rates',
        'planted-shares',
        'planted',
        'small',
        'study-ablations',
        'study-core',
        'study-intents',
        'study',
      ].map((name) => `${name}.yaml`),
    );
  });

  it.each(files)('%s is valid, options of its methods included', async (file) => {
    const config = await readRunConfig(join(FOLDER, file));
    const { name, selection, alignment } = config;
    expect(`${name}.yaml`).toBe(file);
    for (const { name: method, options } of selection.methods)
      expect(parseMethod(method, options, givenRows(config.data)).selector.name).toBe(method);
    for (const { name: defense, options } of alignment?.defenses ?? []) expect(parseDefense(defense, options).defense.name).toBe(defense);
    const { selections, attacks } = planRun(config);
    expect(selections.length).toBeGreaterThan(0);
    expect(attacks.length > 0).toBe(alignment !== undefined);
  });

  it.each(files.filter((file) => !file.startsWith('paper-')))('%s finds enough bundled rows for all that it asks', async (file) => {
    const config = await expandPools(await readRunConfig(join(FOLDER, file)));
    const selectors = config.selection.methods.map(({ name, options }) => parseMethod(name, options, givenRows(config.data)));
    const pools = await drawPools(planRun(config).pools, config.data.alignment);
    const { records } = await checkRows(config, { selectors, pools, reporter: silentReporter });
    expect(records.length).toBeGreaterThan(0);
  });

  it('has a planted benchmark of the methods, whose pools the bundled rows can fill', async () => {
    const config = await readRunConfig(join(FOLDER, 'planted-rates.yaml'));
    const methods = new Set(config.selection.methods.map(({ name }) => name));
    // A method that is added may be measured later.
    expect(SELECTORS.names).toEqual(expect.arrayContaining([...methods]));
    expect(methods.size).toBeGreaterThan(17);
    const pools = await drawPools(planRun(config).pools, config.data.alignment);
    // Ten pools drawn for each of three seeds, two drawn once.
    expect(pools.size).toBe(38);
    for (const { rows } of pools.values()) expect([120, 240]).toContain(rows.length);
  });

  it('has a planted benchmark with a pool of each source of good rows, and one of all', async () => {
    const config = await expandPools(await readRunConfig(join(FOLDER, 'planted.yaml')));
    const labels = config.data.pools!.map(({ label }) => label);
    expect(labels).toEqual(['unseen-hh_harmless', 'unseen-refusal_direction', 'unseen-xstest', 'seen']);
    const pools = await drawPools(planRun(config).pools, config.data.alignment);
    expect(pools.size).toBe(4 * 5);
    for (const { rows, references } of pools.values()) {
      expect(rows.filter(({ kind }) => kind === 'good')).toHaveLength(112);
      expect([rows.length, references!.trusted.length, references!.harmful.length]).toEqual([280, 80, 40]);
    }
  });
});
