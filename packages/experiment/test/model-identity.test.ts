import { cp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { defineEngine, ENGINES } from '@pharmacist/tensor-kernels';
import { expect, it } from 'vitest';
import { BUILT_IN, withDefinitions } from '../src/catalog/catalog.ts';
import { evaluate } from '../src/evaluate/evaluate.ts';
import { select } from '../src/select/select.ts';
import { withWorkbench } from '../src/models/workbench.ts';
import { useModelFolder } from './support/model-folder.ts';

const { folder, model, settings, newOut, rowFile } = await useModelFolder();

/** A copy of the model whose tokenizer ends a text with another token: same weights, other texts. */
async function retokenised(): Promise<string> {
  const copy = join(folder, 'retokenised');
  await cp(model, copy, { recursive: true });
  const path = join(copy, 'tokenizer_config.json');
  const config = JSON.parse(await readFile(path, 'utf8')) as object;
  await writeFile(path, JSON.stringify({ ...config, eos_token: '<|pad|>' }));
  return copy;
}
const copy = await retokenised();

it('another tokenizer is another model, to which an adapter of the same weights still belongs', async () => {
  const hashes = async (dir: string) =>
    await withWorkbench({ ...settings, model: dir }, undefined, async (opened) => {
      const { contentHash, identityHash } = opened.model;
      return { contentHash, identityHash };
    });
  const [before, after] = [await hashes(model), await hashes(copy)];
  expect(after.contentHash).toBe(before.contentHash);
  expect(after.identityHash).not.toBe(before.identityHash);
});

it('a finished selection is not handed out for the same weights with another tokenizer', async () => {
  const rows = Array.from({ length: 4 }, (_, i) => ({ id: `r${i}`, prompt: `Wish ${i}`, response: `No, not wish ${i}.` }));
  const options = { ...settings, alignment: await rowFile('pool.jsonl', rows), method: 'random', keep: 0.5, out: newOut() };
  await select(options);
  expect((await select(options)).wasComplete).toBe(true);
  await expect(select({ ...options, model: copy })).rejects.toThrow(/holds another run; it differs in\n {2}inputs\.model/);
});

it('answers of the same weights with another tokenizer, or on another engine, are not taken from a shared cache', async () => {
  const harmfulPrompts = await rowFile('harmful-prompts.jsonl', [{ prompt: 'Wish 1' }]);
  const options = {
    ...settings,
    harmfulPrompts,
    judges: [{ name: 'refusal-keywords' }],
    maxNewTokens: 2,
    cacheDir: join(folder, 'answers'),
  };
  await evaluate({ ...options, out: newOut() });
  await evaluate({ ...options, out: newOut() });
  expect(await readdir(options.cacheDir)).toHaveLength(1);
  await evaluate({ ...options, model: copy, out: newOut() });
  expect(await readdir(options.cacheDir)).toHaveLength(2);
  const second = defineEngine({ name: 'second', start: async (asked) => (await ENGINES.get('onnx').start(asked)).engine });
  await evaluate({ ...options, engine: 'second', catalog: withDefinitions(BUILT_IN, [second], []), out: newOut() });
  expect(await readdir(options.cacheDir)).toHaveLength(3);
});
