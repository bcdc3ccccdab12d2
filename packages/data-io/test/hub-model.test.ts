import { mkdir, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Reporter } from '@pharmacist/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { modelSnapshot, parseModelName } from '../src/index.ts';
import { gitHash, hashOf, type ModelHub, startModelHub } from '@pharmacist/tooling/vitest/model-hub';
import { temporaryFolder } from './temporary-folder.ts';

const at = temporaryFolder();
const COMMIT = 'a'.repeat(40);
const WEIGHTS = Buffer.alloc(300_000, 'weights ');
const files = () => ({
  'config.json': Buffer.from('{"model_type":"llama"}'),
  'tokenizer.json': Buffer.alloc(2000, '{} '),
  'model.safetensors': WEIGHTS,
  'pytorch_model.bin': Buffer.alloc(5000),
  'README.md': Buffer.from('about'),
});

let hub: ModelHub;
let home: string;
let heard: string[] = [];
const reporter: Reporter = {
  info: (text) => heard.push(text),
  warn: (text) => heard.push(`warning: ${text}`),
  progress: ({ phase, done, total, unit }) => heard.push(`${phase} ${done}/${total} ${unit}`),
};

let count = 0;
beforeEach(async () => {
  hub = await startModelHub({ 'owner/name': { commit: COMMIT, files: files() } });
  home = at(`home-${count++}`);
  heard = [];
});
afterEach(async () => await hub.close());

const snapshot = async (name = 'owner/name', env: Record<string, string> = {}, rest: object = {}) =>
  await modelSnapshot(parseModelName(name)!, { env: { HF_HOME: home, HF_ENDPOINT: hub.url, ...env }, reporter, retryMs: 1, ...rest });
const cacheOf = (...path: string[]) => join(home, 'hub', 'models--owner--name', ...path);

describe('a model of the Hub', () => {
  it('is downloaded in the form of huggingface_hub, and only what is needed', async () => {
    const { directory, commit } = await snapshot();
    expect({ directory, commit }).toEqual({ directory: cacheOf('snapshots', COMMIT), commit: COMMIT });
    expect((await readdir(directory)).sort()).toEqual(['config.json', 'model.safetensors', 'tokenizer.json']);
    expect(WEIGHTS.equals(await readFile(join(directory, 'model.safetensors')))).toBe(true);
    expect(await readlink(join(directory, 'model.safetensors'))).toBe(`../../blobs/${hashOf(WEIGHTS)}`);
    expect(await readlink(join(directory, 'config.json'))).toBe(`../../blobs/${gitHash(files()['config.json'])}`);
    expect(await readFile(cacheOf('refs', 'main'), 'utf8')).toBe(COMMIT);
    expect((await readdir(cacheOf('blobs'))).filter((name) => name.includes('incomplete'))).toEqual([]);
    expect(heard.at(-1)).toBe('Downloading owner/name 1/1 MB');
    const before = hub.asked.length;
    expect(await snapshot()).toEqual({ directory, commit });
    expect(hub.asked.slice(before).filter((request) => request.includes('resolve'))).toEqual([]);
    expect(await snapshot(`owner/name@${COMMIT}`)).toEqual({ directory, commit });
    expect(hub.asked).toHaveLength(before + 2);
  });

  it('goes on where an earlier download, or the connection, broke off', async () => {
    await mkdir(cacheOf('blobs'), { recursive: true });
    await writeFile(cacheOf('blobs', `${hashOf(WEIGHTS)}.incomplete`), WEIGHTS.subarray(0, 100_000));
    hub.models['owner/name']!.files['tokenizer.json'] = Buffer.from('{}');
    hub.breaks.push(50_000);
    const { directory } = await snapshot();
    expect(WEIGHTS.equals(await readFile(join(directory, 'model.safetensors')))).toBe(true);
    const ranges = hub.asked.filter((request) => request.includes('model.safetensors') && request.startsWith('store')).map((request) => /bytes=\d+-/.exec(request)?.[0]); // prettier-ignore
    expect(ranges).toEqual(['bytes=100000-', 'bytes=150000-']);
  });

  it('gives up after some breaks without a byte, with the part kept', async () => {
    hub.models['owner/name']!.files['tokenizer.json'] = Buffer.from('{}');
    hub.breaks.push(70_000, 0, 0, 0, 0, 0, 0);
    await expect(snapshot()).rejects.toMatchObject({ code: 'E_FILE', where: 'owner/name/model.safetensors' });
    hub.breaks.length = 0;
    expect((await readFile(cacheOf('blobs', `${hashOf(WEIGHTS)}.incomplete`))).length).toBe(70_000);
    expect(WEIGHTS.equals(await readFile(join((await snapshot()).directory, 'model.safetensors')))).toBe(true);
  });

  it('is refused if other bytes arrive, and nothing of them stays', async () => {
    await mkdir(cacheOf('blobs'), { recursive: true });
    await writeFile(cacheOf('blobs', `${hashOf(WEIGHTS)}.incomplete`), Buffer.alloc(10));
    await expect(snapshot()).rejects.toMatchObject({ message: 'arrived with other bytes than the Hub says it has' });
    expect((await readdir(cacheOf('blobs'))).some((name) => name.startsWith(hashOf(WEIGHTS)))).toBe(false);
  });

  it('of a private repository needs the token, which goes to nobody else', async () => {
    hub.models['owner/name']!.token = 'hf_secret';
    await expect(snapshot()).rejects.toMatchObject({ code: 'E_FILE', hint: expect.stringContaining('HF_TOKEN') });
    await snapshot('owner/name', { HF_TOKEN: 'hf_secret' });
    expect(hub.asked.filter((request) => request.startsWith('store') && request.includes('hf_secret'))).toEqual([]);
    expect(heard.join()).not.toContain('hf_secret');
  });

  it('in shards has those that its index names', async () => {
    const shards = {
      'model-00001-of-00002.safetensors': Buffer.alloc(1500, 'a'),
      'model-00002-of-00002.safetensors': Buffer.alloc(1500, 'b'),
    };
    const index = Buffer.from(JSON.stringify({ weight_map: Object.fromEntries(Object.keys(shards).map((name, i) => [`w${i}`, name])) }));
    const { 'model.safetensors': _, ...rest } = files();
    hub.models['owner/name']!.files = {
      ...rest,
      ...shards,
      'model.safetensors.index.json': index,
      'model-other.safetensors': Buffer.alloc(9),
    };
    const { directory } = await snapshot();
    expect((await readdir(directory)).filter((name) => name.startsWith('model')).sort()).toEqual([...Object.keys(shards), 'model.safetensors.index.json']); // prettier-ignore
    hub.models['owner/name']!.files = { ...rest, 'model.safetensors.index.json': index };
    home = at('home-shards');
    await expect(snapshot()).rejects.toThrow('has an index that names shards which are not there');
  });

  it('is looked for in the cache alone with HF_HUB_OFFLINE, and where the Hub cannot be reached', async () => {
    const offline = { HF_HUB_OFFLINE: '1' };
    await expect(snapshot('owner/name', offline)).rejects.toMatchObject({ message: expect.stringContaining('was not downloaded before') });
    const { directory } = await snapshot();
    const before = hub.asked.length;
    expect((await snapshot('owner/name', offline)).directory).toBe(directory);
    expect(hub.asked).toHaveLength(before);
    heard = [];
    const nobody = { HF_ENDPOINT: 'http://127.0.0.1:9' };
    expect((await snapshot('owner/name', nobody)).directory).toBe(directory);
    expect(heard).toEqual(['warning: owner/name: the Hub cannot be reached; the files that were downloaded before are used']);
    await expect(snapshot('owner/other', nobody)).rejects.toMatchObject({
      code: 'E_FILE',
      message: expect.stringContaining('cannot be downloaded'),
    });
    await expect(snapshot('owner/name@none')).rejects.toMatchObject({ message: 'does not exist on the Hub' });
  });

  it('has its configuration alone where that is enough, and the rest when it is asked for', async () => {
    const { directory } = await snapshot('owner/name', {}, { contents: 'configuration' });
    expect((await readdir(directory)).sort()).toEqual(['config.json', 'tokenizer.json']);
    await expect(snapshot('owner/name', { HF_HUB_OFFLINE: '1' })).rejects.toMatchObject({
      message: expect.stringContaining('was not downloaded before'),
    });
    await snapshot();
    expect((await readdir(directory)).sort()).toEqual(['config.json', 'model.safetensors', 'tokenizer.json']);
  });

  it('stops with a signal and keeps what it has', async () => {
    const controller = new AbortController();
    const stopped = { ...reporter, progress: () => controller.abort() };
    await expect(snapshot('owner/name', {}, { signal: controller.signal, reporter: stopped })).rejects.toMatchObject({
      name: 'InterruptedError',
    });
    expect(WEIGHTS.equals(await readFile(join((await snapshot()).directory, 'model.safetensors')))).toBe(true);
  });

  it.each([
    [{ 'model.gguf': Buffer.from('x') }, 'holds no safetensors, but GGUF files (model.gguf)'],
    [{ 'pytorch_model.bin': Buffer.from('x') }, 'holds its weights as pytorch_model.bin only'],
    [{ 'consolidated.safetensors': Buffer.from('x') }, "under its maker's own names only"],
    [{ 'adapter_model.safetensors': Buffer.from('x') }, 'holds an adapter, not a model'],
    [{ 'model.safetensors': Buffer.from('x') }, 'holds no model'],
  ])('that cannot be opened is told by its files: %s', async (own, message) => {
    hub.models['owner/name']!.files = own as unknown as Record<string, Buffer>;
    await expect(snapshot()).rejects.toMatchObject({ code: 'E_FILE', message: expect.stringContaining(message) });
  });
});

it.each([
  ['owner/name', { repo: 'owner/name', revision: undefined }],
  ['hf://owner/name@refs', { repo: 'owner/name', revision: 'refs' }],
  ['owner/name@', undefined],
  ['./folder', undefined],
  ['a/b/c', undefined],
  ['tiny', undefined],
])('%s names %s', (text, name) => {
  expect(parseModelName(text)).toEqual(name);
});

describe('an adapter of the Hub', () => {
  const adapter = {
    'adapter_config.json': Buffer.from('{"peft_type":"LORA"}'),
    'adapter_model.safetensors': Buffer.alloc(3000, 'factors '),
  };
  const adapterOf = async (name: string, rest: object = {}) => await snapshot(name, {}, { contents: 'adapter', ...rest });

  it('is its two files, and is not whole with one of them', async () => {
    hub.models['owner/tuned'] = {
      commit: COMMIT,
      files: { ...adapter, 'optimizer.pt': Buffer.alloc(9000), 'tokenizer.json': Buffer.alloc(50) },
    };
    const { directory } = await adapterOf('owner/tuned');
    expect((await readdir(directory)).sort()).toEqual(Object.keys(adapter));
    expect(await adapterOf('owner/tuned', { env: { HF_HOME: home, HF_HUB_OFFLINE: '1' } })).toEqual({ directory, commit: COMMIT });
    await rm(join(directory, 'adapter_model.safetensors'));
    await expect(adapterOf('owner/tuned', { env: { HF_HOME: home, HF_HUB_OFFLINE: '1' } })).rejects.toThrow('was not downloaded whole');
  });

  it.each([
    ['a model', { 'config.json': adapter['adapter_config.json'] }, 'holds a model, not an adapter'],
    [
      'pickled',
      { 'adapter_config.json': adapter['adapter_config.json'], 'adapter_model.bin': Buffer.alloc(9) },
      'as adapter_model.bin only',
    ],
    ['weights alone', { 'adapter_model.safetensors': Buffer.alloc(9) }, 'holds no adapter: not adapter_config.json'],
  ])('is refused where the repository holds %s', async (_, inIt, message) => {
    hub.models['owner/other'] = { commit: COMMIT, files: inIt };
    await expect(adapterOf('owner/other')).rejects.toThrow(message);
  });
});
