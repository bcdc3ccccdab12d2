import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { modelPath } from '@pharmacist/test-fixtures';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runHere } from './support/run-here.ts';
import { createScene, type Scene } from './support/scene.ts';

let scene: Scene;
beforeAll(async () => {
  scene = await createScene();
});
afterAll(async () => await scene.remove());

const run = async (...words: string[]) => await runHere(words, { cwd: scene.dir });
const model = modelPath('llama-sharded');

describe('merge', () => {
  it('writes a whole model', async () => {
    const { status, stdout } = await run('merge', model, join(model, 'adapter'), 'merged');
    expect(status).toBe(0);
    expect(stdout).toContain('Weights: 14 changed, 7 as they were, 47.4 kB in 2 files');
    expect((await readdir(join(scene.dir, 'merged'))).sort()).toEqual((await readdir(model)).filter((name) => name !== 'adapter').sort());
    const again = await run('merge', model, join(model, 'adapter'), 'merged');
    expect(again).toMatchObject({ status: 2, stdout: '', stderr: expect.stringContaining('merged: exists and is not empty') });
  });

  it.each([
    [['merge', model, 'merged'], 'name the model, one adapter or more, and last the folder that is made'],
    [['merge', 'tiny', join(model, 'adapter'), 'other'], 'does not fit the base model'],
    [['merge', model, 'absent', 'other'], 'absent: does not exist'],
  ])('%s ends with status 2 and writes nothing', async (words, message) => {
    expect(await run(...words)).toMatchObject({ status: 2, stdout: '', stderr: expect.stringContaining(message) });
    expect(await readdir(scene.dir)).not.toContain('other');
  });
});

describe('import', () => {
  it('refuses what is no GGUF file, and writes nothing', async () => {
    await writeFile(join(scene.dir, 'model.gguf'), 'GGUF but no more');
    const { status, stderr } = await run('import', 'model.gguf', 'imported');
    expect({ status, stderr }).toEqual({ status: 2, stderr: expect.stringContaining('E_MODEL model.gguf: ') });
    expect((await readdir(scene.dir)).filter((name) => name.includes('imported'))).toEqual([]);
    expect((await run('import', 'absent.gguf', 'imported')).stderr).toContain('absent.gguf: cannot be read: does not exist');
    expect((await run('import', 'model.gguf', 'imported', '--dtype', 'int8')).stderr).toContain('exact, float32, bfloat16, float16');
  });
});
