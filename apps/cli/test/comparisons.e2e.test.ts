import { readFile } from 'node:fs/promises';
import { streamRecords } from '@pharmacist/data-io';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runHere } from './support/run-here.ts';
import { createScene, type Scene } from './support/scene.ts';

let scene: Scene;

const CONFIG = `
name: compared
model: model
maxLength: 160
seeds: [0, 1]
data:
  alignment: pool.jsonl
  harmful: harmful.jsonl
  attackHarmful: small/attack-harmful.jsonl
  task: { train: small/task-train.jsonl, test: small/task-test.jsonl }
  harmfulPrompts: small/harmful-prompts.jsonl
selection: { methods: [full, random], keep: [0.4], explain: true }
alignment: { defenses: [sft], length: { steps: 2 }, batchSize: 4, lora: { rank: 2 } }
attack: { poisonRatios: [0.2], samples: 10, length: { steps: 2 }, batchSize: 4, lora: { rank: 2 } }
evaluation: { maxNewTokens: 4 }
comparison: { reference: random }
`;

beforeAll(async () => {
  scene = await createScene();
  await scene.writeSmall({ 'task-train': 12, 'task-test': 4, 'attack-harmful': 6, 'harmful-prompts': 4 });
  await scene.write('compared.yaml', CONFIG);
});
afterAll(async () => await scene.remove());

const run = async (...args: string[]) => await runHere(['run', 'compared.yaml', '--out', 'compared', ...args], { cwd: scene.dir });

describe('a grid of two seeds', () => {
  it('compares its methods in a file, in the summary and in the report, and explains its rankings there', async () => {
    const { status, stdout, stderr } = await run();
    expect(status, stderr).toBe(0);
    expect(stdout).toMatch(/HS after +random - full +sft +0\.4 /);
    expect(stdout).toMatch(/of 4 comparisons secured/);
    const records: Record<string, unknown>[] = [];
    for await (const { record } of streamRecords(scene.path('compared/comparisons.parquet'))) records.push(record);
    expect(records).toMatchObject(
      ['harmfulScoreAfter', 'taskAccuracyAfter', 'harmfulScoreBefore', 'notRefusedAfter'].map((metric) => ({
        metric,
        reference: 'random',
        method: 'full',
        numSeeds: 2,
      })),
    );
    const report = await readFile(scene.path('compared/report.html'), 'utf8');
    expect(report).toContain('id="comparisons"');
    expect(report).toContain('<strong>Why</strong>');
    const results = (JSON.parse(await readFile(scene.path('compared/run.json'), 'utf8')) as { results: { path: string }[] }).results;
    expect(results.map(({ path }) => path)).toContain('comparisons.parquet');

    const again = await run('--json');
    expect(JSON.parse(again.stdout)).toMatchObject({ wasComplete: true, comparisons: records });
    // Four alignments and attacks, on a machine that may be busy.
  }, 240_000);

  it('refuses a reference that is no method of the file', async () => {
    const { status, stderr } = await run('--set', 'comparison.reference=randm');
    expect(status).toBe(2);
    expect(stderr).toContain('Did you mean "random"?');
  });
});
