import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runHere } from './support/run-here.ts';
import { createScene, type Scene } from './support/scene.ts';

let scene: Scene;
beforeAll(async () => {
  scene = await createScene();
  const lines = (await readFile(scene.path('pool.jsonl'), 'utf8')).split('\n');
  const { id: _, ...row } = JSON.parse(lines[0]!) as Record<string, unknown>;
  await scene.write('repeated.jsonl', [...lines, JSON.stringify({ ...row, id: 'zz-copy' })].join('\n'));
});
afterAll(async () => await scene.remove());

describe('select --filter', () => {
  it('leaves near-copies out and says how many, with a method that needs no pass', async () => {
    const rows = ['--alignment', 'repeated.jsonl', '--harmful', 'harmful.jsonl', '--validation', 'trusted.jsonl'];
    const method = ['--method', 'dsir', '--set', 'order=top-k', '--filter', 'dedupe:threshold=0.9'];
    const args = ['select', ...rows, ...method, '--keep', '0.9', '--model', 'model', '--json', '--out', 'deduped'];
    const { status, stdout, stderr } = await runHere(args, { cwd: scene.dir });
    expect(status, stderr).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      numRows: 41,
      record: {
        notes: { leftOutByFilter: { dedupe: 1 } },
        passes: {},
        config: { filters: [{ name: 'dedupe', options: { threshold: 0.9 } }] },
      },
    });
    expect(await readFile(scene.path('deduped/core.jsonl'), 'utf8')).not.toContain('zz-copy');
  });
});
