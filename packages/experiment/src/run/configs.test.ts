import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { silentReporter } from '@pharmacist/core';
import { SELECTORS } from '@pharmacist/selector';
import { fixturePath } from '@pharmacist/test-fixtures';
import { describe, expect, it } from 'vitest';
import { parseDefense } from '../align/parse-defense.ts';
import { drawPools } from '../planted/pool-files.ts';
import { parseMethod } from '../select/parse-method.ts';
import { checkRows } from './check-rows.ts';
import { planRun } from './plan.ts';
import type { RunConfig } from './config-schema.ts';
import { readRunConfig } from './read-config.ts';

const FOLDER = join(import.meta.dirname, '../../../../configs');
const files = (await readdir(FOLDER)).filter((name) => name.endsWith('.yaml'));

/** Which rows beside the pool a configuration names. */
function rowsGiven({ data }: RunConfig) {
  return { harmful: data.harmful !== undefined, trusted: data.validation !== undefined };
}

describe('configs/', () => {
  it('holds the bundled grid, the planted benchmark, the study and one file for each defense of the papers', () => {
    expect(files.sort()).toEqual(
      [
        'paper-booster',
        'paper-repnoise',
        'paper-sft',
        'paper-t-vaccine',
        'paper-vaccine',
        'planted',
        'small',
        'study-ablations',
        'study-core',
        'study',
      ].map((name) => `${name}.yaml`),
    );
  });

  it.each(files)('%s is valid, options of its methods included', async (file) => {
    const config = await readRunConfig(join(FOLDER, file));
    const { name, selection, alignment } = config;
    expect(`${name}.yaml`).toBe(file);
    for (const { name: method, options } of selection.methods)
      expect(parseMethod(method, options, rowsGiven(config)).selector.name).toBe(method);
    for (const { name: defense, options } of alignment?.defenses ?? []) expect(parseDefense(defense, options).defense.name).toBe(defense);
    const { selections, attacks } = planRun(config);
    expect(selections.length).toBeGreaterThan(0);
    expect(attacks.length > 0).toBe(alignment !== undefined);
  });

  it.each(files.filter((file) => !file.startsWith('paper-')))('%s finds enough bundled rows for all that it asks', async (file) => {
    const config = await readRunConfig(join(FOLDER, file));
    const selectors = config.selection.methods.map(({ name, options }) => parseMethod(name, options, rowsGiven(config)));
    const pools = await drawPools(planRun(config).pools, config.data.alignment, fixturePath());
    const { records } = await checkRows(config, { selectors, pools, assetsDir: fixturePath(), reporter: silentReporter });
    expect(records.length).toBeGreaterThan(2);
  });

  it('has a planted benchmark of every method, whose pools the bundled rows can fill', async () => {
    const config = await readRunConfig(join(FOLDER, 'planted.yaml'));
    const methods = new Set(config.selection.methods.map(({ name }) => name));
    expect([...methods].sort()).toEqual(SELECTORS.names.filter((name) => name !== 'full').sort());
    const pools = await drawPools(planRun(config).pools, config.data.alignment, fixturePath());
    // Ten pools drawn for each of three seeds, two drawn once.
    expect(pools.size).toBe(38);
    for (const { rows } of pools.values()) expect([120, 240]).toContain(rows.length);
  });
});
