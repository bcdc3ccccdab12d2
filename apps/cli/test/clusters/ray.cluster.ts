import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CliResult, type RunningCli, runCli, startCli } from '../support/run-cli.ts';
import { createGridScene, DIVIDED_METHODS, type GridScene, NUM_STEPS, selectionWords } from './grid-scene.ts';
import { RayCluster } from './ray-cluster.ts';

let scene: GridScene;
let cluster: RayCluster;
beforeAll(async () => {
  scene = await createGridScene();
  cluster = await RayCluster.start();
  await cluster.untilNodes(2);
});
afterAll(async () => {
  await cluster?.stop();
  await scene?.remove();
});

const executor = () => ['--executor', 'ray', '--executor-set', `address=${cluster.address}`, `python=${cluster.python}`, 'retries=5'];
const words = (out: string) => ['run', 'grid.yaml', '--out', out, ...executor()];
const surroundings = () => ({ cwd: scene.dir, env: cluster.env, prefix: cluster.machines.on(0) });
const start = (out: string): RunningCli => startCli(words(out), surroundings());
const run = async (out: string): Promise<CliResult> => await runCli(words(out), surroundings());
const expectWhole = async (out: string, of = 'whole') => {
  const [whole, found] = [await scene.results(of), await scene.results(out)];
  expect(Object.keys(found)).toEqual(Object.keys(whole));
  expect(found).toEqual(whole);
};

describe('a grid on two nodes of Ray', () => {
  it('is preceded by a look at both', async () => {
    const settings = [`address=${cluster.address}`, `python=${cluster.python}`];
    const { stdout, status, stderr } = await runCli(
      ['doctor', '--executor', 'ray', '--json', '--executor-set', ...settings],
      surroundings(),
    );
    expect(status, stderr).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ works: true, nodes: [{ problems: [] }, { problems: [] }], warnings: [] });
  });

  it('ends with the bytes of one process, though a node is killed in the middle', async () => {
    const { end } = start('killed');
    await scene.until('killed/align/random-k0.4-sft-s0/run.json');
    await cluster.killNode();
    cluster.startNode();
    const { status, stderr } = await end;
    expect(status, stderr).toBe(0);
    expect(stderr).toContain(`${NUM_STEPS} tasks`);
    await expectWhole('killed');
  });

  it('goes on without its client, which another one follows', async () => {
    const { child, end } = start('left');
    // Early: the second client must find some of it left.
    await scene.until('left/select/random-s0/run.json');
    child.kill('SIGKILL');
    await end;
    const { status, stderr } = await run('left');
    expect(status, stderr).toBe(0);
    expect(stderr).toContain('is at work already, and is followed');
    await expectWhole('left');
  });

  it('bears a node that is cut off and comes back', async () => {
    const { end } = start('cut');
    await scene.until('cut/align/random-k0.4-sft-s0/run.json');
    cluster.machines.cable(false);
    await cluster.untilNodes(1);
    cluster.machines.cable(true);
    const { status, stderr } = await end;
    expect(status, stderr).toBe(0);
    await expectWhole('cut');
    await cluster.killNode();
    cluster.startNode();
    await cluster.untilNodes(2);
  });

  it('is refused to a second client, and cancelled by Ctrl-C', async () => {
    const { child, end } = start('two');
    await scene.until('two/select/random-s0/run.json');
    const second = await run('two');
    expect(second.status).toBe(2);
    expect(second.stderr).toContain('is in use by another run');
    child.kill('SIGINT');
    const { status, stderr } = await end;
    expect(status).toBe(130);
    expect(stderr).toContain('is cancelled in 3 s; Ctrl-C again leaves it at work on the cluster');
    const { status: later, stderr: said } = await run('two');
    expect(later, said).toBe(0);
    await expectWhole('two');
  });

  it('says what a step that failed said, once', async () => {
    const failing = [...words('failed'), 'program=["sh","-c","echo error: no disk >&2; exit 1"]'];
    const { status, stderr } = await runCli(failing, surroundings());
    expect(status).toBe(1);
    expect(stderr).toContain('3 steps failed; 18 that need them were not begun');
    expect(stderr.match(/error: no disk/gu)).toHaveLength(1);
    expect(await readFile(scene.path('failed/logs/select/random-s0.log'), 'utf8')).toBe('error: no disk\n');
  });
});

describe('a ranking whose passes are divided, on two nodes of Ray', () => {
  it.each(DIVIDED_METHODS)('by %s has the bytes of one process, though a node is killed in the middle', async (method) => {
    const out = `divided-${method}`;
    const { end } = startCli([...selectionWords(method, out), ...executor(), 'shard=2'], surroundings());
    await scene.until(`${out}/logs/shards`);
    await cluster.killNode();
    cluster.startNode();
    const { status, stderr } = await end;
    expect(status, stderr).toBe(0);
    await expectWhole(out, `whole-${method}`);
    await cluster.untilNodes(2);
  });
});
