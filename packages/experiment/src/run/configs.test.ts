import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseDefense } from '../align/parse-defense.ts';
import { parseMethod } from '../select/parse-method.ts';
import { readRunConfig } from './read-config.ts';

const FOLDER = join(import.meta.dirname, '../../../../configs');
const files = (await readdir(FOLDER)).filter((name) => name.endsWith('.yaml'));

describe('configs/', () => {
  it('holds the bundled example and one file for each defense of the papers', () => {
    expect(files.sort()).toEqual(
      ['paper-booster', 'paper-repnoise', 'paper-sft', 'paper-t-vaccine', 'paper-vaccine', 'small'].map((name) => `${name}.yaml`),
    );
  });

  it.each(files)('%s is valid, options of its methods included', async (file) => {
    const { name, selection, alignment } = await readRunConfig(join(FOLDER, file));
    expect(`${name}.yaml`).toBe(file);
    for (const { name: method, options } of selection.methods) expect(parseMethod(method, options).selector.name).toBe(method);
    for (const { name: defense, options } of alignment?.defenses ?? []) expect(parseDefense(defense, options).defense.name).toBe(defense);
  });
});
