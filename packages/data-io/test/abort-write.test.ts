import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { writeParquet } from '../src/index.ts';

it('a Parquet file whose writing is ended leaves nothing', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'pharmacist-abort-'));
  try {
    const controller = new AbortController();
    const column = { name: 'n', type: 'int32' as const, values: new Int32Array(1_000_000) };
    setImmediate(() => controller.abort());
    const written = writeParquet(join(folder, 'n.parquet'), [column], { rowGroupSize: 1000, signal: controller.signal });
    await expect(written).rejects.toMatchObject({ code: 'E_INTERRUPTED' });
    expect(await readdir(folder)).toEqual([]);
  } finally {
    await rm(folder, { recursive: true });
  }
});
