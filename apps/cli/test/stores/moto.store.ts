import { readFile } from 'node:fs/promises';
import { ObjectStore } from '@pharmacist/data-io';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runCli } from '../support/run-cli.ts';
import { createScene, type Scene } from '../support/scene.ts';
import { Moto } from './moto.ts';

const BUCKET = 'study';
let scene: Scene;
let moto: Moto;
let store: ObjectStore;
beforeAll(async () => {
  scene = await createScene();
  moto = await Moto.start(BUCKET);
  store = await ObjectStore.open(`s3://${BUCKET}`, { env: moto.env });
});
afterAll(async () => {
  await moto?.stop();
  await scene?.remove();
});

const at = (key: string) => ({ bucket: BUCKET, key });

it('objects are written under conditions', async () => {
  const first = await store.write(at('k'), Buffer.from('one'), { ifNoneMatch: '*' });
  expect(first).toBeTruthy();
  expect(await store.write(at('k'), Buffer.from('two'), { ifNoneMatch: '*' })).toBeUndefined();
  expect(await store.write(at('k'), Buffer.from('two'), { ifMatch: '"wrong"' })).toBeUndefined();
  expect(await store.write(at('k'), Buffer.from('two'), { ifMatch: first! })).toBeTruthy();
  expect(Buffer.from((await store.read(at('k')))!.bytes).toString()).toBe('two');
  await store.remove(at('k'));
  expect(await store.read(at('k'))).toBeUndefined();
});

it('lists page by page', async () => {
  for (let i = 0; i < 1100; i++) await store.write(at(`many/${i}`), Buffer.from('x'));
  expect(await store.list(at('many/'))).toHaveLength(1100);
});

it.each(['perplexity', 'pharmacist'])(
  'a pool, the parts of its passes and the results by %s lie there: the bytes of one process',
  async (method) => {
    for (const name of ['pool', 'harmful', 'trusted'])
      await store.write(at(`rows/${name}.jsonl`), await readFile(scene.path(`${name}.jsonl`)));
    const words = ['select', '--model', 'model', '--method', method, '--max-length', '160', '--batch-size', '4'];
    const files = (of: (name: string) => string) => ['--alignment', of('pool'), '--harmful', of('harmful'), '--validation', of('trusted')];
    const whole = await runCli([...words, ...files((name) => `${name}.jsonl`), '--out', `whole-${method}`], { cwd: scene.dir });
    expect(whole).toMatchObject({ status: 0 });
    const executor = ['--executor', 'local', '--executor-set', 'shard=3', 'parallel=2', `store=s3://${BUCKET}/parts`];
    const results = ['--out', method, '--copy-to', `s3://${BUCKET}/results/${method}`];
    const stored = await runCli([...words, ...files((name) => `s3://${BUCKET}/rows/${name}.jsonl`), ...results, ...executor], {
      cwd: scene.dir,
      env: moto.env,
    });
    expect(stored).toMatchObject({ status: 0 });
    for (const name of ['ranking.parquet', 'core.jsonl']) {
      const there = await store.read(at(`results/${method}/${name}`));
      expect(Buffer.from(there!.bytes).toString('hex')).toBe(await readFile(scene.path(`whole-${method}/${name}`), 'hex'));
    }
    expect(await store.list(at('parts/'))).toEqual([]);
  },
);

it('says that a bucket is not there', async () => {
  await expect(store.read({ bucket: 'other-bucket', key: 'k' })).rejects.toThrow('there is no bucket "other-bucket"');
});
