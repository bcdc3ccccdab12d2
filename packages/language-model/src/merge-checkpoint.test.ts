import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { goldenPath, modelPath } from '@pharmacist/test-fixtures';
import { float16ToFloat32, float32, float32ToFloat16, floats } from '@pharmacist/tensor-kernels';
import { F32_FORWARD } from '@pharmacist/tooling/vitest/matchers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type LoraAdapter, readAdapter, writeAdapter } from './adapter.ts';
import { readCheckpoint } from './checkpoint.ts';
import { readModelConfig } from './config.ts';
import { createAdapter, mergedHash, mergedWeight } from './lora.ts';
import { mergeCheckpoint } from './merge-checkpoint.ts';
import { readSafetensors, SafetensorsFile } from './safetensors.ts';

let folder: string;
let out: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'merge-'));
  out = join(folder, 'out');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const weightsIn = async (dir: string) => (await readCheckpoint(dir, await readModelConfig(dir))).weights;

describe('mergeCheckpoint', () => {
  it.each(['llama', 'llama-sharded'])('of %s has the weights of merge_and_unload, and every file of the model', async (form) => {
    const { tensors: golden } = await readSafetensors(goldenPath('adapters', 'merged.safetensors'));
    const merged = await mergeCheckpoint(modelPath(form), out, { adapters: [modelPath(form, 'adapter')] });
    const [before, after] = [await weightsIn(modelPath(form)), await weightsIn(out)];
    expect(merged).toMatchObject({ numChanged: 14, numCopied: before.size - 14 });
    for (const [name, weight] of after) {
      const expected = golden.get(`${form}/${name}`);
      if (expected === undefined) expect(weight).toEqual(before.get(name));
      else expect(floats(weight)).toBeAllclose(floats(expected), form === 'llama' ? F32_FORWARD : { rtol: 2 ** -8, atol: 0 }); // the shards are bf16
    }
    expect((await readdir(out)).sort()).toEqual((await readdir(modelPath(form))).filter((name) => name !== 'adapter').sort());
  });

  it('keeps the types of the file and rounds once, over several adapters too', async () => {
    const dir = modelPath('qwen2-f16');
    const config = await readModelConfig(dir);
    const first = await readAdapter(modelPath('qwen2-f16', 'adapter'), config);
    const { contentHash, weights } = await readCheckpoint(dir, config);
    const second: LoraAdapter = { ...createAdapter(config, { rank: 2, alpha: 3, baseModelHash: mergedHash(contentHash, first) }, 5) };
    for (const [module, { a, b }] of second.factors) second.factors.set(module, { a, b: float32(b.shape, floats(b).map((_, i) => (i % 7) / 100)) }); // prettier-ignore
    await writeAdapter(join(folder, 'second'), second);
    await mergeCheckpoint(dir, out, { adapters: [modelPath('qwen2-f16', 'adapter'), join(folder, 'second')] });
    const after = await weightsIn(out);
    for (const [module, factors] of second.factors) {
      const once = mergedWeight(weights.get(`${module}.weight`)!, first.factors.get(module)!, first.scale);
      const twice = mergedWeight(once, factors, second.scale);
      expect(floats(after.get(`${module}.weight`)!)).toEqual(float16ToFloat32(float32ToFloat16(floats(twice))));
    }
    const file = await SafetensorsFile.open(join(out, 'model.safetensors'));
    expect(new Set([...file.tensors.values()].map(({ dtype }) => dtype))).toEqual(new Set(['F16']));
    await file.close();
    await expect(mergeCheckpoint(dir, join(folder, 'b'), { adapters: [join(folder, 'second')] })).rejects.toThrow('behind other adapters');
  });

  it('refuses an adapter of another model, and writes nothing', async () => {
    const adapters = [modelPath('qwen2', 'adapter')];
    await expect(mergeCheckpoint(modelPath('mistral'), out, { adapters })).rejects.toMatchObject({ code: 'E_MODEL' });
    await writeFile(out, 'x');
    await expect(mergeCheckpoint(modelPath('llama'), out, { adapters: [modelPath('llama', 'adapter')] })).rejects.toMatchObject({ code: 'E_FILE' }); // prettier-ignore
    expect(await readdir(folder)).toEqual(['out']);
  });

  it('leaves out weights in other formats and an index of others', async () => {
    const dir = join(folder, 'model');
    await cp(modelPath('llama-sharded'), dir, { recursive: true });
    for (const name of ['pytorch_model.bin', 'consolidated.safetensors', 'pytorch_model.bin.index.json', 'README.md']) await writeFile(join(dir, name), '{}'); // prettier-ignore
    await mergeCheckpoint(dir, out, { adapters: [modelPath('llama-sharded', 'adapter')] });
    const names = await readdir(out);
    expect(names).toEqual(expect.arrayContaining(['README.md', 'model.safetensors.index.json', 'config.json']));
    expect(names.filter((name) => /bin|consolidated/.test(name))).toEqual([]);
    expect(await readFile(join(out, 'model.safetensors.index.json'))).toEqual(await readFile(join(dir, 'model.safetensors.index.json')));
  });
});
