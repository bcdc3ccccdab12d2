import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { GgufFile } from './gguf/gguf-file.ts';
import { readJsonObject } from './json-file.ts';
import { SafetensorsFile } from './safetensors.ts';

const LFS = `version https://git-lfs.github.com/spec/v1\noid sha256:${'a'.repeat(64)}\nsize 269060552\n`;

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'pharmacist-pointer-'));
});
afterAll(async () => await rm(dir, { recursive: true }));

it.each<[string, (path: string) => Promise<unknown>]>([
  ['model.safetensors', (path) => SafetensorsFile.open(path)],
  ['model-00001-of-00002.safetensors', (path) => SafetensorsFile.open(path)],
  ['model.gguf', (path) => GgufFile.open(path)],
  ['tokenizer.json', readJsonObject],
])('%s that is a Git LFS pointer is named as one', async (name, read) => {
  const path = join(dir, name);
  await writeFile(path, LFS);
  await expect(read(path)).rejects.toMatchObject({
    code: 'E_MODEL',
    where: path,
    message: 'is a Git LFS pointer: the contents of the model were not downloaded',
    hint: expect.stringContaining('git lfs pull') as string,
  });
});
