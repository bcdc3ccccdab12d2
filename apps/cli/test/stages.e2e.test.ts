import { access, cp, readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli, startCli } from './support/run-cli.ts';
import { runHere } from './support/run-here.ts';
import { createScene, type Scene } from './support/scene.ts';

let scene: Scene;
/** In this process; each command once in its own. */
const run = async (...args: string[]) => await runHere(args, { cwd: scene.dir });
const LENGTH = ['--model', 'model', '--max-length', '160', '--json'];
const TRAINING = ['--train-batch-size', '4', '--lora-rank', '2', ...LENGTH];

beforeAll(async () => {
  scene = await createScene();
  await scene.writeSmall({
    'task-train': 12,
    'task-test': 4,
    'attack-harmful': 6,
    'harmful-prompts': 6,
    'overrefusal-prompts': 4,
    pairs: 4,
    'plain-text': 4,
  });
  await cp(scene.path('pool.jsonl'), scene.path('small/pool.jsonl'));
});
afterAll(async () => await scene.remove());

describe('align, attack and evaluate', () => {
  it.each(['sft', 'vaccine', 'repnoise', 'booster', 't-vaccine'])('aligns with %s and writes an adapter', async (defense) => {
    const args = ['align', '--data', 'pool.jsonl', '--harmful', 'harmful.jsonl', '--defense', defense, '--steps', '3', ...TRAINING];
    const words = [...args, '--out', `aligned-${defense}`];
    const { status, stdout, stderr } = await (defense === 'sft' ? runCli(words, { cwd: scene.dir }) : run(...words));
    expect(status, stderr).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ defense, numSteps: 3, numRows: 40, wasComplete: false });
    const steps = (await readFile(scene.path(`aligned-${defense}/steps.jsonl`), 'utf8')).trim().split('\n');
    expect(steps.map((line) => (JSON.parse(line) as { step: number }).step)).toEqual([0, 1, 2]);
  });

  it('attacks the aligned model and measures it with two judges, the second without a new generation', async () => {
    const attack = ['attack', '--adapter', 'aligned-sft', '--task', 'small/task-train.jsonl', '--harmful', 'small/attack-harmful.jsonl'];
    const settings = ['--samples', '10', '--poison-ratio', '0.2', '--steps', '3', ...TRAINING];
    const attacked = await runCli([...attack, ...settings, '--out', 'attacked'], { cwd: scene.dir });
    expect(attacked.status, attacked.stderr).toBe(0);
    expect(JSON.parse(attacked.stdout)).toMatchObject({ numRows: 10, numHarmful: 2, numSteps: 3 });

    const files = ['harmful-prompts', 'overrefusal-prompts', 'pairs', 'plain-text'].flatMap((name) => [`--${name}`, `small/${name}.jsonl`]);
    const adapters = ['--adapter', 'aligned-sft', '--adapter', 'attacked'];
    const evaluate = [
      'evaluate',
      ...adapters,
      ...files,
      '--task',
      'small/task-test.jsonl',
      '--max-new-tokens',
      '6',
      '--cache',
      'cache',
      ...LENGTH,
    ];
    const first = await runCli([...evaluate, '--out', 'scores'], { cwd: scene.dir });
    expect(first.status, first.stderr).toBe(0);
    const { scores } = JSON.parse(first.stdout) as { scores: { judges: object[]; task: object } };
    expect(scores.judges).toMatchObject([{ name: 'ngram', isProxy: true, harmfulScore: { numItems: 6, numErrored: 0 } }]);
    expect(scores.task).toMatchObject({ name: 'sst2', numItems: 4 });

    const second = await run(...evaluate, '--judge', 'refusal-keywords', '--out', 'scores-2');
    expect(second.status, second.stderr).toBe(0);
    expect(second.stderr).toContain('6 of 6 prompts were answered before');
  });

  it('stops at a loss that is not finite with the step, the rows and the checkpoint before it', async () => {
    const args = ['align', '--data', 'pool.jsonl', '--epochs', '6', '--learning-rate', '1e30', '--schedule', 'constant-with-warmup'];
    // Warms up over 30 of 60 steps; the rate of the first step is 0.
    const { status, stderr } = await run(...args, '--warmup-ratio', '0.5', ...TRAINING, '--out', 'diverged');
    expect(status).toBe(2);
    expect(stderr).toMatch(/E_NUMERIC Aligning with sft, step \d+: .*\(rows [^)]+\)/);
    await expect(readFile(scene.path('diverged/adapter_model.safetensors'))).rejects.toThrow('ENOENT');
  });

  it('reads class numbers of a task whose form is named', async () => {
    await scene.write('numbers.jsonl', [0, 1, 0, 1].map((label, i) => JSON.stringify({ sentence: `text ${i}`, label })).join('\n'));
    const task = ['--task', 'numbers.jsonl', '--task-form', 'sst2', '--harmful', 'harmful.jsonl', '--poison-ratio', '0', '--samples', '4'];
    const { status, stderr } = await run('attack', ...task, '--steps', '1', ...TRAINING, '--out', 'numbers');
    expect(status, stderr).toBe(0);
  });

  it.each([
    [
      'an adapter without the one before it',
      ['evaluate', '--adapter', 'attacked', '--harmful-prompts', 'small/harmful-prompts.jsonl'],
      'behind other adapters',
    ],
    [
      'a ratio above 1',
      ['attack', '--task', 'small/task-train.jsonl', '--harmful', 'harmful.jsonl', '--poison-ratio', '1.5'],
      'from 0 to 1',
    ],
    ['too few rows', ['attack', '--task', 'small/task-train.jsonl', '--harmful', 'harmful.jsonl', '--samples', '500'], 'rows are needed'],
    [
      'single mode without an adapter',
      ['attack', '--task', 'small/task-train.jsonl', '--harmful', 'harmful.jsonl', '--lora-mode', 'single'],
      'none is given',
    ],
    ['two lengths', ['align', '--data', 'pool.jsonl', '--epochs', '1', '--steps', '2'], 'exclude each other'],
    ['an unknown defense option', ['align', '--data', 'pool.jsonl', '--defense', 'vaccine', '--set', 'roh=1'], 'Did you mean "rho"?'],
    ['a defense without its harmful rows', ['align', '--data', 'pool.jsonl', '--defense', 'booster'], 'needs harmful rows'],
    ['rows of prompts alone', ['align', '--data', 'pool.jsonl', '--max-length', '8'], 'every label is masked'],
    ['nothing to evaluate on', ['evaluate'], 'nothing to evaluate on'],
    [
      'more prompts than there are',
      ['evaluate', '--harmful-prompts', 'small/harmful-prompts.jsonl', '--limit', '7'],
      '7 rows are asked for',
    ],
  ])('refuses %s with status 2 and writes nothing', async (name, args, message) => {
    const out = `refused-${name.replaceAll(' ', '-')}`;
    const model = ['--model', 'model', ...(args.includes('--max-length') ? [] : ['--max-length', '160'])];
    const { status, stderr } = await run(...args, ...model, '--out', out);
    expect({ status, stderr }).toMatchObject({ status: 2, stderr: expect.stringContaining(message) as string });
    await expect(readFile(scene.path(`${out}/run.json`))).rejects.toThrow('ENOENT');
  });
});

describe('a grid', () => {
  const config = `
name: grid
model: model
maxLength: 160
data:
  alignment: pool.jsonl
  harmful: harmful.jsonl
  attackHarmful: small/attack-harmful.jsonl
  task: { train: small/task-train.jsonl, test: small/task-test.jsonl }
  harmfulPrompts: small/harmful-prompts.jsonl
selection: { methods: [random], keep: [0.4] }
alignment: { defenses: [sft, booster], length: { steps: 3 }, batchSize: 4, lora: { rank: 2 } }
attack: { poisonRatios: [0.2], samples: 10, length: { steps: 3 }, batchSize: 4, lora: { rank: 2 } }
evaluation: { maxNewTokens: 6 }
`;
  const measured = async (out: string) => {
    const rows = JSON.parse(await readFile(scene.path(`${out}/run.json`), 'utf8')) as { summary: { rows: Record<string, unknown>[] } };
    return rows.summary.rows.map(({ selectSeconds: _s, alignSeconds: _l, attackSeconds: _a, evaluateSeconds: _e, ...row }) => row);
  };

  const exists = async (name: string) =>
    await access(scene.path(name)).then(
      () => true,
      () => false,
    );

  it('is measured whole, and a killed one continues to the same figures and bytes', async () => {
    await scene.write('grid.yaml', config);
    const whole = await run('run', 'grid.yaml', '--out', 'whole', '--json');
    expect(whole.status, whole.stderr).toBe(0);
    expect(await measured('whole')).toHaveLength(2);
    expect(await readFile(scene.path('whole/report.html'), 'utf8')).toContain('<!doctype html>');

    const { child, end } = startCli(['run', 'grid.yaml', '--out', 'killed'], { cwd: scene.dir });
    await expect
      .poll(async () => await exists('killed/align/random-k0.4-booster-s0/run.json'), { timeout: 60_000, interval: 20 })
      .toBe(true);
    child.kill('SIGKILL');
    expect((await end).status).toBeNull();
    const continued = await run('run', 'grid.yaml', '--out', 'killed', '--json');
    expect(continued.status, continued.stderr).toBe(0);
    expect(await measured('killed')).toEqual(await measured('whole'));
    expect(await readFile(scene.path('killed/results.parquet'))).toEqual(await readFile(scene.path('whole/results.parquet')));
    // Three whole grids, on a machine that may be busy.
  }, 240_000);
});
