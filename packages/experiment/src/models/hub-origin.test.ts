import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sha256 } from '@pharmacist/core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { filesOfHub } from './hub-origin.ts';

const COMMIT = 'c'.repeat(40);
let cache: string;
beforeAll(async () => void (cache = await mkdtemp(join(tmpdir(), 'pharmacist-hub-'))));
afterAll(async () => await rm(cache, { recursive: true }));

it('the files of a snapshot are recorded, and what lies in a folder of it is not', async () => {
  const repository = join(cache, 'models--owner--name');
  const snapshot = join(repository, 'snapshots', COMMIT);
  const blob = join(repository, 'blobs', 'a'.repeat(64));
  await mkdir(join(snapshot, 'onnx'), { recursive: true });
  await mkdir(join(repository, 'blobs'));
  await writeFile(join(snapshot, 'onnx', 'model.onnx'), 'other weights');
  await writeFile(join(snapshot, 'config.json'), '{}');
  await writeFile(blob, 'weights');
  await symlink(blob, join(snapshot, 'model.safetensors'));
  expect(await filesOfHub([snapshot, cache])).toEqual({
    files: [
      { source: `hf://owner/name@${COMMIT}/config.json`, sha256: sha256('{}'), bytes: 2 },
      { source: `hf://owner/name@${COMMIT}/model.safetensors`, sha256: 'a'.repeat(64), bytes: 7 },
    ],
  });
});
