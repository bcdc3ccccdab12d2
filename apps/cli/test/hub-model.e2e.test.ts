import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type ModelHub, startModelHub } from '@pharmacist/tooling/vitest/model-hub';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runCli } from './support/run-cli.ts';
import { runHere } from './support/run-here.ts';
import { createScene, type Scene } from './support/scene.ts';

const COMMIT = '0123456789abcdef0123456789abcdef01234567';

let scene: Scene;
let hub: ModelHub;
beforeAll(async () => {
  scene = await createScene();
  const files: Record<string, Buffer> = {};
  for (const name of await readdir(scene.path('model'))) files[name] = await readFile(scene.path(`model/${name}`));
  hub = await startModelHub({ 'owner/name': { commit: COMMIT, files, token: 'hf_secret' } });
});
afterAll(async () => {
  await hub.close();
  await scene.remove();
});

const ENV = { HF_TOKEN: 'hf_secret' };
const alignBy = async (run: typeof runHere, out: string, env: Record<string, string>, ...more: string[]) =>
  await run(['align', '--data', 'trusted.jsonl', '--model', 'owner/name', '--steps', '1', '--max-length', '64', '--out', out, ...more], {
    cwd: scene.dir,
    env: { HF_ENDPOINT: hub.url, HF_HOME: scene.path('home'), ...env },
  });
const align = async (out: string, env: Record<string, string>, ...more: string[]) => await alignBy(runHere, out, env, ...more);

it('a model of the Hub is downloaded, recorded with its commit, and named in the adapter; then the network is not needed', async () => {
  const { status, stderr } = await alignBy(runCli, 'first', ENV);
  expect(status, stderr).toBe(0);
  expect(stderr).toContain('Downloading owner/name: ');
  const record = await readFile(scene.path('first/run.json'), 'utf8');
  const { inputs } = JSON.parse(record) as {
    inputs: { role: string; source: string; files?: { source: string; sha256: string; bytes: number }[] }[];
  };
  const model = inputs.find(({ role }) => role === 'model')!;
  expect(model.source).toBe('owner/name');
  expect(model.files?.map(({ source }) => source)).toContain(`hf://owner/name@${COMMIT}/model.safetensors`);
  const config = JSON.parse(await readFile(scene.path('first/adapter_config.json'), 'utf8')) as object;
  expect(config).toMatchObject({ base_model_name_or_path: 'owner/name', revision: COMMIT });
  const everything = [stderr, record, JSON.stringify(config)].join();
  expect(everything).not.toContain('hf_secret');

  const second = await align('second', { HF_HUB_OFFLINE: '1', HF_ENDPOINT: 'http://127.0.0.1:9' }, '--revision', COMMIT);
  expect(second.status, second.stderr).toBe(0);
  const weights = async (out: string) => await readFile(scene.path(`${out}/adapter_model.safetensors`));
  expect((await weights('second')).equals(await weights('first'))).toBe(true);
});

it('an adapter of the Hub is downloaded, recorded with its commit, and does what its folder does', async () => {
  await scene.write('plain.jsonl', '{"text":"A text of some words, for instance."}\n');
  const names = ['adapter_config.json', 'adapter_model.safetensors'];
  const files = Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await readFile(scene.path(`first/${name}`))] as const)),
  );
  hub.models['owner/tuned'] = { commit: COMMIT.replace('0', 'f'), files };
  const evaluate = async (adapter: string, out: string, env: Record<string, string> = {}) =>
    await runHere(
      ['evaluate', '--model', 'owner/name', '--adapter', adapter, '--plain-text', 'plain.jsonl', '--max-length', '64', '--out', out],
      { cwd: scene.dir, env: { HF_ENDPOINT: hub.url, HF_HOME: scene.path('home'), ...ENV, ...env } },
    );
  const [ofHub, ofFolder] = [await evaluate('owner/tuned', 'of-hub'), await evaluate('first', 'of-folder')];
  expect(ofHub.status, ofHub.stderr).toBe(0);
  expect(ofFolder.status, ofFolder.stderr).toBe(0);
  const scores = async (out: string) => await readFile(scene.path(`${out}/scores.json`), 'utf8');
  expect(await scores('of-hub')).toBe(await scores('of-folder'));
  const { inputs } = JSON.parse(await readFile(scene.path('of-hub/run.json'), 'utf8')) as {
    inputs: { role: string; source: string; files?: { source: string }[] }[];
  };
  const chain = inputs.find(({ role }) => role === 'adapters')!;
  expect(chain.source).toBe('owner/tuned');
  expect(chain.files?.map(({ source }) => source)).toEqual(names.map((name) => `hf://owner/tuned@${COMMIT.replace('0', 'f')}/${name}`));
  const none = await evaluate('owner/absent', 'never');
  expect(none).toMatchObject({ status: 2, stdout: '' });
  expect(none.stderr).toContain('owner/absent: is no folder here, and as an adapter on the Hub it does not exist on the Hub');
});

it('what cannot be had ends with status 2, one message and no folder', async () => {
  const other = { HF_HOME: scene.path('other') };
  const refused = await align('never', other);
  expect(refused).toMatchObject({ status: 2, stdout: '' });
  expect(refused.stderr).toContain(
    'owner/name: is no folder here, and as a model on the Hub it does not exist on the Hub, or may not be read',
  );
  expect((await align('never', { ...other, HF_HUB_OFFLINE: '1' })).stderr).toContain('was not downloaded before to ');
  expect((await align('never', { ...ENV, ...other }, '--revision', 'none')).stderr).toContain(
    'owner/name@none on the Hub: does not exist on the Hub',
  );
  const bundled = await runHere(['align', '--data', 'trusted.jsonl', '--model', 'tiny', '--revision', 'main', '--out', 'never'], {
    cwd: scene.dir,
  });
  expect(bundled).toMatchObject({ status: 2, stderr: expect.stringContaining('goes with a model on the Hub') as string });
  expect(await readdir(scene.dir)).not.toContain('never');
  await rm(join(scene.dir, 'other'), { recursive: true, force: true });
});
