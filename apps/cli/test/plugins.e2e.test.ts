import { cp, mkdir, readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
// The command does not stand on the toolkit: the two are compared here.
import { alignModel, defineExecutor, defineSelector, evaluateModel, rankRows, runGrid } from '../../../packages/toolkit/src/index.ts';
import { EXECUTORS } from '@pharmacist/distributed';
import { PROGRAM, runCli } from './support/run-cli.ts';
import { runHere } from './support/run-here.ts';
import { createScene, type Scene } from './support/scene.ts';

/** A selector, a filter, a defense, a judge, a task, a row format, an engine and an executor, in one file that imports nothing of ours. */
const EXAMPLE = fileURLToPath(new URL('../../../packages/toolkit/examples/plugin.mjs', import.meta.url));

let scene: Scene;
const run = async (...args: string[]) => await runCli(args, { cwd: scene.dir });
/** In this process: what is wrong is said before much is read. */
const here = async (...args: string[]) => await runHere(args, { cwd: scene.dir });
const rowsOf = async (name: string) => {
  const lines = (await readFile(scene.path(name), 'utf8')).trim().split('\n');
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
};
const bytesOf = async (...path: string[]) => (await readFile(scene.path(path.join('/')))).toString('base64');

const PLUGIN = ['--plugin', './mine.mjs'];
const MODEL = ['--model', 'model', '--max-length', '160', '--engine', 'onnx', '--threads', '1', '--json', '--quiet'];
const SELECT = ['select', '--alignment', 'pool.jsonl', '--validation', 'trusted.jsonl', '--method', 'brief', '--filter', 'wordy:least=4'];
const ALIGN = [
  'align',
  '--data',
  'selected/core.jsonl',
  '--defense',
  'signs',
  '--steps',
  '3',
  '--train-batch-size',
  '4',
  '--lora-rank',
  '2',
];
const EVALUATE = ['evaluate', '--adapter', 'aligned', '--harmful-prompts', 'small/harmful-prompts.jsonl', '--judge', 'phrases'];
const SETTINGS = { maxLength: 160, engine: 'onnx', numThreads: 1 } as const;

beforeAll(async () => {
  scene = await createScene();
  await scene.writeSmall({ 'harmful-prompts': 4, 'task-train': 12, 'task-test': 4, 'attack-harmful': 6 });
  await cp(EXAMPLE, scene.path('mine.mjs'));
});
afterAll(async () => await scene.remove());

/** Half a dozen programs are started one after the other, which a busy machine does slowly. */
const SEVERAL_STARTS_MS = 300_000;

describe('methods of one’s own, in a file outside the repository', () => {
  it('are listed', async () => {
    const { status, stdout } = await run('methods', 'brief', ...PLUGIN);
    expect(status).toBe(0);
    expect(stdout).toContain('answers as long as the trusted ones first');
    expect(stdout).toContain('word, letter');
  });

  it(
    'rank, align and judge on the command line and from code, to the same bytes',
    async () => {
      for (const args of [
        [...SELECT, '--out', 'selected'],
        [...ALIGN, '--out', 'aligned'],
        [...EVALUATE, '--max-new-tokens', '4', '--cache', 'cache', '--out', 'scores'],
      ]) {
        const { status, stderr } = await (args[0] === 'select' ? run : here)(...args, ...PLUGIN, ...MODEL);
        expect(status, stderr).toBe(0);
      }
      const common = { ...SETTINGS, model: scene.path('model'), plugins: [scene.path('mine.mjs')] };
      const [pool, trusted] = [await rowsOf('pool.jsonl'), await rowsOf('trusted.jsonl')];
      const filters = [{ filter: 'wordy', options: { least: 4 } }];
      const ranked = await rankRows({ pool, trusted, method: 'brief', filters, out: scene.path('api/selected'), ...common });
      for (const file of ['ranking.parquet', 'core.jsonl'])
        expect(await bytesOf('api/selected', file), file).toBe(await bytesOf('selected', file));
      const training = { length: { steps: 3 }, batchSize: 4, lora: { rank: 2 } };
      const aligned = await alignModel({ data: ranked.core, defense: 'signs', training, out: scene.path('api/aligned'), ...common });
      const files = (await readdir(scene.path('aligned'))).filter((name) => name !== 'run.json');
      expect(files).toHaveLength(3);
      for (const file of files) expect(await bytesOf('api/aligned', file), file).toBe(await bytesOf('aligned', file));
      const harmfulPrompts = await rowsOf('small/harmful-prompts.jsonl');
      const out = scene.path('api/scores');
      await evaluateModel({ adapters: [aligned], harmfulPrompts, judges: ['phrases'], maxNewTokens: 4, out, ...common });
      for (const file of ['scores.json', 'generations.jsonl'])
        expect(await bytesOf('api/scores', file), file).toBe(await bytesOf('scores', file));
    },
    SEVERAL_STARTS_MS,
  );

  it(
    'go through a grid by the key `plugins` and by --plugin, and from code',
    async () => {
      const data = { alignment: 'pool.jsonl', validation: 'trusted.jsonl' };
      const config = {
        name: 'own',
        model: 'model',
        maxLength: 160,
        engine: 'onnx',
        threads: 1,
        data,
        selection: { methods: ['brief', 'random'], keep: [0.4] },
      };
      await scene.write('own.yaml', JSON.stringify({ ...config, plugins: ['./mine.mjs'] }));
      await scene.write('bare.yaml', JSON.stringify(config));
      const [keyed, flagged] = [
        await here('run', 'own.yaml', '--out', 'keyed', '--quiet'),
        await here('run', 'bare.yaml', ...PLUGIN, '--out', 'flagged', '--quiet'),
      ];
      expect([keyed.status, flagged.status], keyed.stderr + flagged.stderr).toEqual([0, 0]);
      const inHand = { alignment: await rowsOf('pool.jsonl'), validation: await rowsOf('trusted.jsonl') };
      const plugins = [scene.path('mine.mjs')];
      const { rankings } = await runGrid({
        config: { ...config, model: scene.path('model'), data: inHand },
        plugins,
        out: scene.path('api/grid'),
      });
      expect(rankings.map(({ method }) => method)).toEqual(['brief', 'random']);
      const ranking = 'select/brief-s0/ranking.parquet';
      expect(await bytesOf('flagged', ranking)).toBe(await bytesOf('keyed', ranking));
      expect(await bytesOf('api/grid', ranking)).toBe(await bytesOf('keyed', ranking));
      expect((await bytesOf('flagged', 'planted.parquet')).length).toBeGreaterThan(100);
    },
    SEVERAL_STARTS_MS,
  );

  it(
    'compute on an engine of one’s own, on the command line, in a grid and from code',
    async () => {
      const select = ['select', '--alignment', 'pool.jsonl', '--method', 'perplexity', ...PLUGIN];
      const onnx = await here(...select, ...MODEL, '--out', 'on-onnx');
      const counted = await here(...select, ...MODEL.map((word) => (word === 'onnx' ? 'counting' : word)), '--out', 'on-counting');
      expect([onnx.status, counted.status], onnx.stderr + counted.stderr).toEqual([0, 0]);
      expect(counted.stderr).toMatch(/counting: [1-9]\d* calls/);
      expect(await bytesOf('on-counting', 'core.jsonl')).toBe(await bytesOf('on-onnx', 'core.jsonl'));
      const record = JSON.parse(await readFile(scene.path('on-counting/run.json'), 'utf8')) as { engine: { name: string } };
      expect(record.engine.name).toBe('counting');
      const common = { model: scene.path('model'), maxLength: 160, numThreads: 1, plugins: [scene.path('mine.mjs')] };
      const out = scene.path('api/on-counting');
      const printed = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
      await rankRows({ pool: await rowsOf('pool.jsonl'), method: 'perplexity', engine: 'counting', out, ...common });
      expect(printed.mock.calls.join()).toMatch(/counting: [1-9]\d* calls/);
      printed.mockRestore();
      expect(await bytesOf('api/on-counting', 'ranking.parquet')).toBe(await bytesOf('on-counting', 'ranking.parquet'));

      const data = { alignment: 'pool.jsonl' };
      const config = { name: 'counted', model: 'model', maxLength: 160, threads: 1, plugins: ['./mine.mjs'], data };
      const grid = { ...config, engine: 'counting', selection: { methods: ['perplexity'], keep: [0.4] } };
      await scene.write('counted.yaml', JSON.stringify(grid));
      await scene.write('miscounted.yaml', JSON.stringify({ ...grid, engine: 'countin' }));
      const given = await run('run', 'counted.yaml', '--executor', 'in-turn', '--out', 'counted', '--quiet');
      expect(given.status, given.stderr).toBe(0);
      const unknown = await here('run', 'miscounted.yaml', '--out', 'miscounted', '--quiet');
      expect(unknown.status).toBe(2);
      expect(unknown.stderr).toContain('Did you mean "counting"?');
      expect(await readdir(scene.dir)).not.toContain('miscounted');
    },
    SEVERAL_STARTS_MS,
  );

  it(
    'give the steps of a grid to an executor of one’s own, to the same bytes',
    async () => {
      const data = { alignment: 'pool.jsonl', validation: 'trusted.jsonl' };
      const selection = { methods: ['brief'], keep: [0.4] };
      const config = {
        name: 'given',
        model: 'model',
        maxLength: 160,
        engine: 'onnx',
        threads: 1,
        plugins: ['./mine.mjs'],
        data,
        selection,
      };
      await scene.write('given.yaml', JSON.stringify(config));
      const whole = await here('run', 'given.yaml', '--out', 'here', '--quiet');
      const given = await run('run', 'given.yaml', '--out', 'given', '--quiet', '--executor', 'in-turn', '--executor-set', 'cpus=1');
      expect([whole.status, given.status], whole.stderr + given.stderr).toEqual([0, 0]);
      expect(await readdir(scene.path('given/logs'), { recursive: true })).not.toEqual([]);
      const ranking = 'select/brief-s0/ranking.parquet';
      expect(await bytesOf('given', ranking)).toBe(await bytesOf('here', ranking));
      const rows = { alignment: scene.path('pool.jsonl'), validation: scene.path('trusted.jsonl') };
      const grid = {
        config: { ...config, model: scene.path('model'), data: rows, plugins: [scene.path('mine.mjs')] },
        program: [...PROGRAM],
      };
      let numRuns = 0;
      const maker = EXECUTORS.get('local');
      const counting = defineExecutor({
        name: 'counted',
        settings: maker.settings,
        create: (settings, context) => {
          const local = maker.create(settings, context);
          return {
            run: async (tasks, surroundings) => {
              numRuns++;
              return await local.run(tasks, surroundings);
            },
            probe: async () => await Promise.resolve([]),
          };
        },
      });
      await runGrid({ ...grid, executor: counting, executorSettings: { cpus: 1 }, out: scene.path('api/given') });
      expect(numRuns).toBe(1);
      expect(await bytesOf('api/given', ranking)).toBe(await bytesOf('here', ranking));
      const mine = defineSelector({ name: 'mine', cost: 'text', fit: ({ pool }) => ({ scores: pool.map(() => 0) }) });
      const own = { ...grid.config, selection: { methods: [mine], keep: [0.4] } };
      await expect(runGrid({ ...grid, config: own, executor: 'local' })).rejects.toThrow('method mine is known to this program alone');
      const unknown = await here('run', 'given.yaml', '--out', 'none', '--quiet', '--executor', 'in-turns');
      expect(unknown.status).toBe(2);
      expect(unknown.stderr).toContain('Did you mean "in-turn"?');
      expect(await readdir(scene.dir)).not.toContain('none');
    },
    SEVERAL_STARTS_MS,
  );

  it(
    'continue after an interrupt that they do not look at, and after a kill, and are part of what a run is',
    async () => {
      const text = `
      export default ({ defineSelector }) => defineSelector({
        name: 'stopping',
        cost: 'text',
        async fit({ pool, state }) {
          const saved = await state.load('lengths');
          const lengths = saved?.arrays.lengths ?? Float64Array.from(pool, ({ text }) => text.response.length);
          if (saved === undefined && process.env.STOPS !== undefined) {
            await state.save('lengths', { meta: {}, arrays: { lengths } });
            process.kill(process.pid, process.env.STOPS);
            await new Promise((resolve) => setTimeout(resolve, 1000));
          }
          return { scores: lengths };
        },
      });`;
      await scene.write('stopping.mjs', text);
      const args = ['select', '--alignment', 'pool.jsonl', '--method', 'stopping', '--keep', '0.4', '--plugin', 'stopping.mjs', ...MODEL];
      const into = async (out: string, stops?: NodeJS.Signals) =>
        await runCli([...args, '--out', out], { cwd: scene.dir, ...(stops && { env: { STOPS: stops } }) });
      expect((await here(...args, '--out', 'unbroken')).status).toBe(0);
      expect((await into('stopped', 'SIGINT')).status).toBe(130);
      expect(await readdir(scene.path('stopped'))).not.toContain('ranking.parquet');
      await scene.write('stopping.mjs', `${text}\n// Another one.\n`);
      const changed = await here(...args, '--out', 'stopped');
      expect(changed.status).toBe(2);
      expect(changed.stderr).toContain('holds another run');
      await scene.write('stopping.mjs', text);
      const continued = await into('stopped', 'SIGINT');
      expect(continued.status, continued.stderr).toBe(0);
      expect(await bytesOf('stopped', 'ranking.parquet')).toBe(await bytesOf('unbroken', 'ranking.parquet'));
      expect((await into('killed', 'SIGKILL')).status).toBeNull();
      expect(await readdir(scene.path('killed'))).not.toContain('ranking.parquet');
      expect((await into('killed', 'SIGKILL')).status).toBe(0);
      expect(await bytesOf('killed', 'ranking.parquet')).toBe(await bytesOf('unbroken', 'ranking.parquet'));

      const plugins = ['./stopping.mjs', './mine.mjs'];
      const data = { alignment: 'pool.jsonl' };
      const grid = { name: 'killed', model: 'model', maxLength: 160, engine: 'counting', threads: 1, plugins, data };
      await scene.write('killed.yaml', JSON.stringify({ ...grid, selection: { methods: ['perplexity', 'stopping'], keep: [0.4] } }));
      const inGrid = async () =>
        await runCli(['run', 'killed.yaml', '--out', 'grid', '--quiet'], { cwd: scene.dir, env: { STOPS: 'SIGKILL' } });
      expect((await inGrid()).status).toBeNull();
      expect(await readdir(scene.path('grid'))).not.toContain('planted.parquet');
      const again = await inGrid();
      expect(again.status, again.stderr).toBe(0);
      expect(await bytesOf('grid', 'select/stopping-s0/ranking.parquet')).toBe(await bytesOf('unbroken', 'ranking.parquet'));
    },
    SEVERAL_STARTS_MS,
  );
});

describe('plugins and methods that are wrong', () => {
  const define = (fit: string) => `export default ({ defineSelector }) => defineSelector({ name: 'mine', cost: 'text', fit: ${fit} });`;
  it.each([
    ['throwing', `throw new Error('out of luck');`, 'cannot be loaded: Error: out of luck'],
    ['that gives NaN', define('({ pool }) => ({ scores: pool.map(() => NaN) })'), 'the score NaN'],
    ['that gives too few scores', define('() => ({ scores: [1] })'), 'gives 1 scores for 40 rows'],
    ['that throws', define(`() => { throw new TypeError('no texts'); }`), 'threw TypeError: no texts'],
  ])('end with one clear error, status 2 and nothing half-written: %s', async (name, text, message) => {
    const folder = `bad-${name.replaceAll(' ', '-')}`;
    await mkdir(scene.path(folder));
    if (text !== undefined) await scene.write(`${folder}/mine.mjs`, text);
    const args = [
      'select',
      '--alignment',
      'pool.jsonl',
      '--method',
      'mine',
      '--plugin',
      `${folder}/mine.mjs`,
      '--model',
      'model',
      '--out',
      `${folder}/out`,
    ];
    const { status, stderr, stdout } = await here(...args, '--quiet');
    expect(status, stderr).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain(message);
    expect(stderr.split('\n').filter((line) => line.includes('error'))).toHaveLength(1);
    const left = await readdir(scene.path(`${folder}/out`)).catch(() => []);
    expect(left.filter((file) => file.includes('ranking') || file.includes('core'))).toEqual([]);
  });

  it('an executor that leaves a task out ends the run with its name', async () => {
    await scene.write(
      'leaving.mjs',
      `export default ({ defineExecutor }) => defineExecutor({ name: 'leaving', create: () => ({ run: () => [], probe: () => [] }) });`,
    );
    const data = { alignment: 'pool.jsonl' };
    const config = { name: 'left', model: 'model', engine: 'onnx', data, selection: { methods: ['random'], keep: [0.4] } };
    await scene.write('left.yaml', JSON.stringify(config));
    const { status, stderr } = await here(
      'run',
      'left.yaml',
      '--executor',
      'leaving',
      '--plugin',
      'leaving.mjs',
      '--out',
      'left',
      '--quiet',
    );
    expect(status, stderr).toBe(2);
    expect(stderr).toContain('executor leaving: gives no status of the task');
    expect(await readdir(scene.path('left'))).not.toContain('planted.parquet');
  });

  it('an engine that adds wrongly ends at its start', async () => {
    const start = `async () => {
      const { engine } = await tensorKernels.createEngine({ name: 'tfjs-cpu' });
      const run = async () => ({ y: { shape: [2], dtype: 'float32', data: Float32Array.of(0, 0) } });
      const compile = (name) => ({ name, run, cost: async () => undefined });
      const [upload, zeros, download, usage, dispose] = ['upload', 'zeros', 'download', 'usage', 'dispose'].map((key) => engine[key].bind(engine));
      return { description: 'wrong', versions: {}, compile, upload, zeros, download, usage, dispose };
    }`;
    await scene.write('wrong.mjs', `export default ({ defineEngine, tensorKernels }) => defineEngine({ name: 'wrong', start: ${start} });`);
    const args = ['select', '--alignment', 'pool.jsonl', '--method', 'perplexity', '--engine', 'wrong', '--plugin', 'wrong.mjs'];
    const { status, stderr } = await here(...args, '--model', 'model', '--out', 'wrong', '--quiet');
    expect(status, stderr).toBe(2);
    expect(stderr).toContain('engine wrong: 1 + 2 gave 0');
    expect(await readdir(scene.dir)).not.toContain('wrong');
  });

  it('of two with one name the second is named', async () => {
    const text = `export default { kind: 'judge', name: 'twin', create: () => ({ judge: () => [] }) };`;
    await scene.write('twin-1.mjs', text);
    await scene.write('twin-2.mjs', text);
    const { status, stderr } = await here('methods', '--plugin', 'twin-1.mjs', '--plugin', 'twin-2.mjs');
    expect(status).toBe(2);
    expect(stderr).toContain('plugin twin-2.mjs: judge "twin" cannot be added: there is one of this name already');
  });
});
