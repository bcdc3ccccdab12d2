import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runReadmeExample } from '@pharmacist/tooling/vitest/readme-example';
import { expect, it } from 'vitest';

it('runs the README example', async () => {
  const home = process.cwd();
  const folder = await mkdtemp(join(tmpdir(), 'pharmacist-readme-'));
  process.chdir(folder);
  try {
    const { printed } = await runReadmeExample(import.meta.url);
    expect(printed).toEqual(['draw done ', 'rank failed ended with status 3 and said nothing', 'report skipped "rank" did not succeed']);
  } finally {
    process.chdir(home);
    await rm(folder, { recursive: true });
  }
});
