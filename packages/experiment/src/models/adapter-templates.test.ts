import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundledPath } from '@pharmacist/bundled';
import type { Reporter } from '@pharmacist/core';
import { createAdapter, type LanguageModel, promptTemplate, readModelConfig, Tokenizer, writeAdapter } from '@pharmacist/language-model';
import { modelPath } from '@pharmacist/test-fixtures';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { checkAdapterTemplates } from './adapter-templates.ts';

let folder: string;
let model: LanguageModel;
const heard: string[] = [];
const reporter: Reporter = { info: (text) => heard.push(text), warn: (text) => heard.push(`warning: ${text}`), progress: () => undefined };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'adapter-templates-'));
  const dir = bundledPath('models', 'tiny');
  model = { tokenizer: await Tokenizer.load(dir), config: await readModelConfig(dir) } as LanguageModel;
});
afterAll(async () => await rm(folder, { recursive: true }));

async function adapterOf(name: string, sourceHash?: string): Promise<string> {
  const dir = join(folder, `${name}-${sourceHash ?? ''}`);
  await writeAdapter(dir, createAdapter(model.config, { rank: 1, alpha: 1, template: { name, sourceHash } }, 0));
  return dir;
}

const check = async (dirs: string[], template: string, allowOther = false) => {
  heard.length = 0;
  await checkAdapterTemplates(dirs, { model, template, allowOther, reporter });
  return heard;
};

it('takes adapters of the same template, and of makers who do not say', async () => {
  const own = promptTemplate('chat', model.tokenizer).sourceHash!;
  expect(await check([await adapterOf('alpaca')], 'alpaca')).toEqual([]);
  expect(await check([await adapterOf('chat', own)], 'chat')).toEqual([]);
  const foreign = modelPath('llama', 'adapter');
  expect(await check([foreign], 'plain')).toEqual([
    `${foreign}: this adapter does not say which template it was trained with; plain is used`,
  ]);
});

it('refuses those of another, unless told', async () => {
  const aligned = await adapterOf('alpaca');
  await expect(check([aligned], 'plain')).rejects.toMatchObject({
    code: 'E_CONFIG',
    where: aligned,
    message: 'was trained with the template alpaca; here prompts are put to it with plain',
    hint: 'give --template alpaca, or --allow-other-template if that is meant',
  });
  await expect(check([aligned, await adapterOf('chat', 'abc')], 'chat', false)).rejects.toThrow('alpaca');
  await expect(check([await adapterOf('chat', 'abc')], 'chat')).rejects.toThrow('was trained with another chat template');
  expect(await check([aligned], 'plain', true)).toEqual([
    `warning: ${aligned} was trained with the template alpaca; here prompts are put to it with plain`,
  ]);
  await expect(check([folder], 'plain', true)).rejects.toThrow('has no adapter_config.json');
});
