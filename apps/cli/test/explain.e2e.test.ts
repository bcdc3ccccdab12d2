import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runHere } from './support/run-here.ts';
import { createScene, type Scene } from './support/scene.ts';

let scene: Scene;
let ids: string[];

beforeAll(async () => {
  scene = await createScene();
  const lines = (await readFile(scene.path('pool.jsonl'), 'utf8')).split('\n');
  ids = lines.map((line) => (JSON.parse(line) as { id: string }).id);
});
afterAll(async () => await scene.remove());

const select = ['select', '--alignment', 'pool.jsonl', '--harmful', 'harmful.jsonl', '--model', 'model', '--method', 'random'];
const run = async (...args: string[]) => await runHere([...select, '--max-length', '160', ...args], { cwd: scene.dir });

describe('select --why', () => {
  it('explains rows in words, at once when the run is complete, as JSON, and their texts only on request', async () => {
    const first = await run('--out', 'explained', '--why', ids[3]!, '--why', ids[0]!);
    expect(first.status, first.stderr).toBe(0);
    const [pool] = (await readFile(scene.path('pool.jsonl'), 'utf8')).split('\n');
    const { prompt } = JSON.parse(pool!) as { prompt: string };
    for (const id of [ids[0]!, ids[3]!]) expect(first.stdout).toMatch(new RegExp(`Row ${id}: rank \\d+ of 40, (not )?kept\\. Score`));
    expect(first.stdout).toMatch(/loss +\d+\.\d+ +\d+\.\d %/);
    expect(first.stdout).toMatch(/Nearest kept row: \S+, similarity -?\d\.\d{3}/);
    expect(first.stdout).not.toContain(prompt.slice(0, 20));

    const again = await run('--out', 'explained', '--why', ids[0]!, '--show-text', '--json');
    expect(again.status, again.stderr).toBe(0);
    expect(JSON.parse(again.stdout)).toMatchObject({ wasComplete: true, why: [{ id: ids[0], prompt, numRows: 40 }] });
  });

  it('explains the ranking of a run that had finished without, beside it', async () => {
    expect((await run('--out', 'plain')).status).toBe(0);
    const ranking = await readFile(scene.path('plain/ranking.parquet'));
    const { status, stdout, stderr } = await run('--out', 'plain', '--why', ids[3]!);
    expect(status, stderr).toBe(0);
    expect(stdout).toMatch(new RegExp(`Row ${ids[3]}: rank \\d+ of 40, (not )?kept\\. Score`));
    expect(stdout).toContain('Explanation: plain/explanation/explanation.parquet');
    expect(await readFile(scene.path('plain/ranking.parquet'))).toEqual(ranking);
  });

  it('refuses an id that there is not with the nearest one, status 2, and writes nothing', async () => {
    const { status, stdout, stderr } = await run('--out', 'never', '--why', `${ids[0]}x`);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain(`no row has the id "${ids[0]}x". Did you mean "${ids[0]}"?`);
    await expect(readFile(scene.path('never/run.json'))).rejects.toThrow('ENOENT');
  });
});
