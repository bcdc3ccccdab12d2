import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CliResult, type RunningCli, runCli, startCli } from '../support/run-cli.ts';
import { createGridScene, DIVIDED_METHODS, type GridScene, NUM_STEPS, selectionWords } from './grid-scene.ts';
import { SlurmCluster } from './slurm-cluster.ts';

let scene: GridScene;
let cluster: SlurmCluster;
beforeAll(async () => {
  scene = await createGridScene();
  cluster = await SlurmCluster.start();
  await cluster.untilNodes(2);
});
afterAll(async () => {
  await cluster?.stop();
  await scene?.remove();
});

// The two nodes are one kind of machine with two names.
const executor = ['--executor', 'slurm', '--executor-set', 'poll=1', 'memory=1000', 'retries=5'];
const words = (out: string) => ['run', 'grid.yaml', '--out', out, ...executor];
const surroundings = () => ({ cwd: scene.dir, env: cluster.env, prefix: cluster.machines.on(0) });
const start = (out: string): RunningCli => startCli(words(out), surroundings());
const run = async (out: string): Promise<CliResult> => await runCli(words(out), surroundings());
const expectWhole = async (out: string, of = 'whole') => {
  const [whole, found] = [await scene.results(of), await scene.results(out)];
  expect(Object.keys(found)).toEqual(Object.keys(whole));
  expect(found).toEqual(whole);
};

describe('a grid on two nodes of Slurm', () => {
  it('is preceded by a look at both', async () => {
    const { stdout, status, stderr } = await runCli(
      ['doctor', '--executor', 'slurm', '--json', '--executor-set', 'memory=1000', 'poll=1'],
      surroundings(),
    );
    expect(status, stderr).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      works: true,
      nodes: [
        { node: 'nodea', problems: [] },
        { node: 'nodeb', problems: [] },
      ],
    });
  });

  it('ends with the bytes of one process, though a node is killed in the middle', async () => {
    const { end } = start('killed');
    await expect.poll(() => cluster.jobProcesses().length, { timeout: 300_000, interval: 50 }).toBeGreaterThan(0);
    await cluster.killNode();
    await new Promise((resolve) => setTimeout(resolve, 20_000));
    cluster.startNode(1);
    const { status, stderr } = await end;
    expect(status, stderr).toBe(0);
    expect(stderr).toContain(`${NUM_STEPS} tasks`);
    await expectWhole('killed');
  });

  it('goes on without its client, which another one follows', async () => {
    const { child, end } = start('left');
    await scene.until('left/select/random-s0/run.json');
    child.kill('SIGKILL');
    await end;
    const { status, stderr } = await run('left');
    expect(status, stderr).toBe(0);
    expect(stderr).toContain('are in the queue already, and are followed');
    await expectWhole('left');
  });

  it('is cancelled by Ctrl-C, and goes on', async () => {
    const { child, end } = start('cancelled');
    await scene.until('cancelled/select/random-s0/run.json');
    child.kill('SIGINT');
    const { status, stderr } = await end;
    expect(status).toBe(130);
    expect(stderr).toContain('are cancelled in 3 s; Ctrl-C again leaves them in the queue');
    const { status: later, stderr: said } = await run('cancelled');
    expect(later, said).toBe(0);
    await expectWhole('cancelled');
  });

  it('says what a step that failed said, once', async () => {
    const { status, stderr } = await runCli([...words('failed'), 'program=["sh","-c","echo error: no disk >&2; exit 1"]'], surroundings());
    expect(status).toBe(1);
    expect(stderr).toContain('3 steps failed; 18 that need them were not begun');
    expect(stderr.match(/error: no disk/gu)).toHaveLength(1);
  });
});

describe('a ranking whose passes are divided, on two nodes of Slurm', () => {
  it.each(DIVIDED_METHODS)('by %s has the bytes of one process, though a node is killed in the middle', async (method) => {
    const out = `divided-${method}`;
    const { end } = startCli([...selectionWords(method, out), ...executor, 'shard=2'], surroundings());
    await expect.poll(() => cluster.jobProcesses().length, { timeout: 300_000, interval: 50 }).toBeGreaterThan(0);
    await cluster.killNode();
    await new Promise((resolve) => setTimeout(resolve, 20_000));
    cluster.startNode(1);
    const { status, stderr } = await end;
    expect(status, stderr).toBe(0);
    await expectWhole(out, `whole-${method}`);
    await cluster.untilNodes(2);
  });
});
