import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runReadmeExample } from '@pharmacist/tooling/vitest/readme-example';
import { expect, it } from 'vitest';

it('runs the README example', async () => {
  const home = process.cwd();
  const folder = await mkdtemp(join(tmpdir(), 'data-io-readme-'));
  process.chdir(folder);
  try {
    const { printed } = await runReadmeExample(import.meta.url);
    expect(printed).toEqual(['4 rows, 1 duplicate, first id 35dc6dded3ef3548', '["is rain wet"]']);
  } finally {
    process.chdir(home);
    await rm(folder, { recursive: true });
  }
});
