import { access, readFile, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { LoopbackStore } from '@pharmacist/tooling/vitest/loopback-store';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli, startCli } from './support/run-cli.ts';
import { runHere } from './support/run-here.ts';
import { createScene, type Scene } from './support/scene.ts';

/** Of every kind of step; the table of the run holds seconds. */
const RESULTS = [
  'select/random-s0/ranking.parquet',
  'select/random-s0/core.jsonl',
  'align/random-k0.4-sft-s0/adapter_model.safetensors',
  'attack/random-k0.4-sft-s0-p0.2/adapter_model.safetensors',
  'evaluate/random-k0.4-sft-s0-before/generations.jsonl',
  'evaluate/random-k0.4-sft-s0-p0.2-after/scores.json',
];
const CONFIG = `
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
alignment: { defenses: [sft], length: { steps: 3 }, batchSize: 4, lora: { rank: 2 } }
attack: { poisonRatios: [0.2], samples: 10, length: { steps: 3 }, batchSize: 4, lora: { rank: 2 } }
evaluation: { maxNewTokens: 6 }
`;

let scene: Scene;
const cli = async (...args: string[]) => await runCli(args, { cwd: scene.dir });
/** In this process: what is looked at, compared with or refused. */
const here = async (...args: string[]) => await runHere(args, { cwd: scene.dir });
const bytesOf = async (out: string) => await Promise.all(RESULTS.map(async (file) => await readFile(scene.path(`${out}/${file}`), 'hex')));
const exists = async (name: string) =>
  await access(scene.path(name)).then(
    () => true,
    () => false,
  );
const statusOf = async (out: string) => {
  const { stdout, stderr, status } = await here('status', out, '--json');
  expect(status, stderr).toBe(0);
  return JSON.parse(stdout) as { state: string; steps: { id: string; state: string; message?: string; log?: string }[]; nodes: unknown[] };
};

beforeAll(async () => {
  scene = await createScene();
  await scene.writeSmall({ 'attack-harmful': 20, 'task-train': 30, 'task-test': 6, 'harmful-prompts': 6 });
  await scene.write('grid.yaml', CONFIG);
  const { status, stderr } = await here('run', 'grid.yaml', '--out', 'whole');
  if (status !== 0) throw new Error(stderr);
});
afterAll(async () => await scene.remove());

describe('a grid whose steps are processes of their own', () => {
  it('ends with the bytes of one process, whoever was at it before and however they ended', async () => {
    const killedOnceThereIs = async (file: string, ...args: string[]) => {
      const { child, end } = startCli(['run', 'grid.yaml', '--out', 'apart', ...args], { cwd: scene.dir });
      await expect.poll(async () => await exists(`apart/${file}`), { timeout: 120_000, interval: 20 }).toBe(true);
      child.kill('SIGKILL');
      expect((await end).status).toBeNull();
    };
    const executor = ['--executor', 'local', '--executor-set', 'parallel=2', 'totalCpus=2'];
    // Begun in one process; then its steps are given to others, and one of them outlives the client that gave them.
    await killedOnceThereIs('select/random-s0/run.json');
    expect(await statusOf('apart')).toMatchObject({ state: 'stopped' });
    await killedOnceThereIs('align/random-k0.4-sft-s0/run.json', ...executor);
    const { status, stderr } = await cli('run', 'grid.yaml', '--out', 'apart', ...executor);
    expect(status, stderr).toBe(0);
    expect(await bytesOf('apart')).toEqual(await bytesOf('whole'));
    const { state, steps, nodes } = await statusOf('apart');
    expect([state, ...steps.map((step) => step.state)]).toEqual(Array.from({ length: 6 }, () => 'done'));
    // Three steps come after both ends. No machine is known of what was made in one process, or of what ended when a client died: select and align may count or not.
    for (const { id, log } of steps.slice(2)) expect(await readFile(log!, 'utf8'), id).toContain(`${id} is done`);
    expect(nodes).toMatchObject([{ node: hostname(), failed: 0, running: 0 }]);
    const { done } = nodes[0] as { done: number };
    expect(done).toBeGreaterThanOrEqual(3);
    expect(done).toBeLessThanOrEqual(5);
  }, 400_000);

  it('says what a step that failed said, once, and where its log is', async () => {
    const program = 'program=["sh","-c","echo error: no disk >&2; exit 1"]';
    const { status, stderr } = await cli('run', 'grid.yaml', '--out', 'broken', '--executor', 'local', '--executor-set', program);
    expect(status).toBe(1);
    expect(stderr).toContain('1 step failed; 4 that need it were not begun');
    expect(stderr).toMatch(/select\/random-s0, on \S+: error: no disk\n\s+log: \S+broken\/logs\/select\/random-s0.log/u);
    const { state, steps } = await statusOf('broken');
    expect({ state, first: steps[0] }).toMatchObject({
      state: 'failed',
      first: { id: 'select/random-s0', state: 'failed', message: 'error: no disk' },
    });
    expect((await cli('status', 'broken')).stdout).toContain('1 failed, 4 waiting');
  }, 200_000);
});

describe('a selection whose pass is divided', () => {
  it('ends with the bytes of one process, also if the client is killed', async () => {
    const words = [
      'select',
      '--alignment',
      'pool.jsonl',
      '--model',
      'model',
      '--method',
      'perplexity',
      '--max-length',
      '96',
      '--batch-size',
      '4',
    ];
    const whole = await here(...words, '--out', 'undivided');
    expect(whole.status, whole.stderr).toBe(0);
    const divided = [...words, '--out', 'divided', '--executor', 'local', '--executor-set', 'shard=5', 'parallel=2'];
    const { child, end } = startCli(divided, { cwd: scene.dir });
    await expect.poll(async () => await exists('divided/.state/shards'), { timeout: 120_000, interval: 20 }).toBe(true);
    child.kill('SIGKILL');
    await end;
    const parts = await statusOf('divided');
    expect(parts).toMatchObject({ state: 'stopped', steps: expect.any(Array) as unknown });
    // As if another machine had it: that one is gone, says the user.
    const lock = scene.path('divided/.state/lock');
    await writeFile(lock, JSON.stringify({ ...(JSON.parse(await readFile(lock, 'utf8')) as object), host: 'gone.example' }));
    expect((await here('status', 'divided')).stdout).toContain(
      'If that machine or process is gone, the command of the run with --take-over',
    );
    const refused = await here(...divided);
    expect(refused).toMatchObject({ status: 2, stderr: expect.stringContaining('add --take-over to the command') as string });
    const { status, stderr } = await cli(...divided.slice(0, -3), '--take-over', ...divided.slice(-3));
    expect(status, stderr).toBe(0);
    expect((await here('status', 'divided')).stdout).toMatch(new RegExp(`1 machine:\n  ${hostname()}: \\d+ done`, 'u'));
    for (const file of ['ranking.parquet', 'core.jsonl']) {
      expect(await readFile(scene.path(`divided/${file}`), 'hex')).toBe(await readFile(scene.path(`undivided/${file}`), 'hex'));
    }
    const passesOf = async (out: string) =>
      (JSON.parse(await readFile(scene.path(`${out}/run.json`), 'utf8')) as { passes: unknown }).passes;
    expect(await passesOf('divided')).toEqual(await passesOf('undivided'));
    expect(await readFile(scene.path('divided/logs/shards/losses/0.log'), 'utf8')).toContain('part 0 of the pass losses is done');
  }, 300_000);

  it('may come through standard input: its processes are given rows, and read no file', async () => {
    const words = ['select', '--alignment', '-', '--model', 'model', '--method', 'perplexity', '--max-length', '96', '--batch-size', '4'];
    const executor = ['--executor', 'local', '--executor-set', 'shard=6', 'parallel=2'];
    const input = await readFile(scene.path('pool.jsonl'), 'utf8');
    const { status, stderr } = await runCli([...words, '--out', 'piped', ...executor], { cwd: scene.dir, input });
    expect(status, stderr).toBe(0);
    expect(await readFile(scene.path('piped/ranking.parquet'), 'hex')).toBe(await readFile(scene.path('undivided/ranking.parquet'), 'hex'));
  }, 200_000);
});

describe('a selection over an object store', () => {
  it('reads its pool there, keeps its parts there, and leaves none behind; without keys nothing begins', async () => {
    const store = await LoopbackStore.start();
    try {
      store.objects.set('pools/pool.jsonl', await readFile(scene.path('pool.jsonl')));
      const words = ['select', '--model', 'model', '--method', 'perplexity', '--max-length', '96', '--batch-size', '4'];
      const executor = ['--executor', 'local', '--executor-set', 'shard=6', 'parallel=2', 'store=s3://rows/parts'];
      const all = [...words, '--alignment', 's3://rows/pools/*.jsonl', '--out', 'stored', '--copy-to', 's3://rows/done/', ...executor];
      const bare = await runHere(all, { cwd: scene.dir, env: { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' } });
      expect(bare).toMatchObject({ status: 2, stderr: expect.stringContaining('AWS_ACCESS_KEY_ID is not set') as string });
      const { status, stderr } = await runCli(all, { cwd: scene.dir, env: store.env });
      expect(status, stderr).toBe(0);
      expect(await readFile(scene.path('stored/ranking.parquet'), 'hex')).toBe(
        await readFile(scene.path('undivided/ranking.parquet'), 'hex'),
      );
      expect(store.requests.filter((request) => /^PUT .*\.found$/u.test(request)).length).toBeGreaterThan(1);
      const results = ['done/core.jsonl', 'done/ranking.parquet', 'done/run.json'];
      expect([...store.objects.keys()].toSorted()).toEqual([...results, 'pools/pool.jsonl']);
      expect(store.objects.get('done/ranking.parquet')!.toString('hex')).toBe(await readFile(scene.path('stored/ranking.parquet'), 'hex'));
      // Copied again nothing changes; what is another run's stays.
      expect((await runHere(all, { cwd: scene.dir, env: store.env })).status).toBe(0);
      store.objects.set('done/core.jsonl', Buffer.from('another run'));
      const taken = await runHere(all, { cwd: scene.dir, env: store.env });
      expect(taken).toMatchObject({
        status: 2,
        stderr: expect.stringContaining('s3://rows/done/core.jsonl: holds another file') as string,
      });
      expect(store.objects.get('done/core.jsonl')!.toString()).toBe('another run');
      const nowhere = await runHere([...words, '--alignment', 'pool.jsonl', '--out', 'nowhere', '--copy-to', 's3://other/x'], {
        cwd: scene.dir,
        env: store.env,
      });
      expect(nowhere.stderr).toContain('there is no bucket "other"');
      expect(await exists('nowhere')).toBe(false);
    } finally {
      await store.stop();
    }
  }, 200_000);
});

describe('one step', () => {
  it('is made of a run that was prepared, and refused on a machine with other versions before anything is written', async () => {
    expect((await here('step', 'whole', 'select/random-s0')).stderr).toContain('is no run whose steps are made one by one');
    const { status, stdout, stderr } = await here('run', 'grid.yaml', '--out', 'pinned', '--prepare');
    expect(status, stderr).toBe(0);
    expect(stdout).toContain('5 steps can be made by processes of their own');
    const path = scene.path('pinned/.state/grid.json');
    const file = JSON.parse(await readFile(path, 'utf8')) as { versions: Record<string, string>; mixed: boolean };
    await writeFile(path, JSON.stringify({ ...file, versions: { ...file.versions, pharmacist: '0.0.1' } }));
    const older = await here('step', 'pinned', 'select/random-s0');
    expect(older.status).toBe(2);
    expect(older.stderr).toContain('has other versions than the run began with: pharmacist: "0.0.1" → ');
    await writeFile(path, JSON.stringify({ ...file, versions: { ...file.versions, machine: 'another' } }));
    expect((await here('step', 'pinned', 'select/random-s0')).stderr).toContain('of another kind than the run began on');
    expect(await exists('pinned/select')).toBe(false);
    await writeFile(path, JSON.stringify({ ...file, mixed: true, versions: { ...file.versions, machine: 'another' } }));
    const mixed = await cli('step', 'pinned', '--index', '0', '--wait', '--json');
    expect(mixed.status, mixed.stderr).toBe(0);
    expect(JSON.parse(mixed.stdout)).toMatchObject({ step: 'select/random-s0' });
    expect(mixed.stderr).toContain('of another kind');
    expect((await here('step', 'pinned', 'select/randon-s0')).stderr).toContain('Did you mean "select/random-s0"?');
    expect((await here('step', 'pinned', '--index', '5')).stderr).toContain('has 5 steps, from 0 on, and no step 5');
    expect((await here('status', 'pinned')).stdout).toContain('5 steps: 4 waiting, 1 done');
  }, 200_000);

  it('that was cut off and comes back writes nothing over what another attempt made', async () => {
    expect((await here('run', 'grid.yaml', '--out', 'fenced', '--prepare')).status).toBe(0);
    expect((await here('step', 'fenced', 'select/random-s0')).status).toBe(0);
    const align = 'align/random-k0.4-sft-s0';
    const { child, end } = startCli(['step', 'fenced', align], { cwd: scene.dir });
    await expect.poll(async () => await exists(`fenced/${align}/run.json`), { timeout: 120_000, interval: 5 }).toBe(true);
    child.kill('SIGSTOP');
    const second = await cli('step', 'fenced', align);
    expect(second.status, second.stderr).toBe(0);
    child.kill('SIGCONT');
    const { status, stderr } = await end;
    expect({ status, stderr }).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('another attempt has taken this run over') as string,
    });
    const adapter = `${align}/adapter_model.safetensors`;
    expect(await readFile(scene.path(`fenced/${adapter}`), 'hex')).toBe(await readFile(scene.path(`whole/${adapter}`), 'hex'));
    expect(JSON.parse(await readFile(scene.path(`fenced/${align}/run.json`), 'utf8'))).toMatchObject({ status: 'done' });
  }, 200_000);
});
