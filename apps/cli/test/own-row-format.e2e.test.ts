import { cp, readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
// The command does not stand on the toolkit: the two are compared here.
import { alignModel, defineRowFormat, rankRows, runGrid } from '../../../packages/toolkit/src/index.ts';
import { runCli, startCli } from './support/run-cli.ts';
import { runHere } from './support/run-here.ts';
import { createScene, type Scene } from './support/scene.ts';

/** Brings the row format `blocks`, among others. */
const EXAMPLE = fileURLToPath(new URL('../../../packages/toolkit/examples/plugin.mjs', import.meta.url));
const SMALL = { 'harmful-prompts': 4, 'overrefusal-prompts': 3, 'task-train': 12, 'task-test': 4, 'attack-harmful': 6 };
const MODEL = ['--model', 'model', '--max-length', '160', '--engine', 'onnx', '--threads', '1', '--quiet'];
const TRAINING = ['--steps', '2', '--train-batch-size', '2', '--lora-rank', '2'];

let scene: Scene;
const inProcess = async (...args: string[]) => await runCli(args, { cwd: scene.dir });
const here = async (...args: string[]) => await runHere(args, { cwd: scene.dir });
const bytesOf = async (name: string) => (await readFile(scene.path(name))).toString('base64');

/** The rows of a JSONL file on one line a field, as JSONL again and as blocks. */
async function alsoAsBlocks(name: string): Promise<Record<string, string>[]> {
  const lines = (await readFile(scene.path(`${name}.jsonl`), 'utf8')).trim().split('\n');
  const rows = lines.map((line) => {
    const fields = Object.entries(JSON.parse(line) as Record<string, unknown>);
    return Object.fromEntries(fields.map(([key, value]) => [key, String(value).replaceAll(/\s+/g, ' ')]));
  });
  await scene.write(`${name}.jsonl`, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  const blocks = rows.map((row) => Object.entries(row).map(([key, value]) => `${key}: ${value}\n`).join('')); // prettier-ignore
  await scene.write(`${name}.blocks`, blocks.join('\n'));
  return rows;
}

beforeAll(async () => {
  scene = await createScene();
  await scene.writeSmall(SMALL);
  await cp(EXAMPLE, scene.path('mine.mjs'));
  for (const name of ['pool', 'harmful', 'trusted', ...Object.keys(SMALL).map((file) => `small/${file}`)]) await alsoAsBlocks(name);
});
afterAll(async () => await scene.remove());

/** Several programs are started one after the other, which a busy machine does slowly. */
const SEVERAL_STARTS_MS = 400_000;

it(
  'is read by inspect, select, align, attack and evaluate, as JSON Lines are',
  async () => {
    const inspected = async (...args: string[]) => {
      const { status, stdout, stderr } = await here('inspect', ...args, '--json');
      expect(status, stderr).toBe(0);
      const { format, kind, numRows, fields, prompt, response } = JSON.parse(stdout) as Record<string, unknown>;
      return { format, kind, numRows, fields, prompt, response };
    };
    const found = await inspected('pool.blocks', '--plugin', './mine.mjs');
    expect(found).toEqual({ ...(await inspected('pool.jsonl')), format: 'blocks' });
    const stages: [string, string[], string[]][] = [
      ['select', ['--alignment', 'pool', '--harmful', 'harmful', '--validation', 'trusted'], ['--method', 'brief']],
      ['align', ['--data', 'trusted', '--harmful', 'harmful'], ['--defense', 'booster', ...TRAINING]],
      [
        'attack',
        ['--task', 'small/task-train', '--harmful', 'small/attack-harmful', '--alignment', 'trusted'],
        ['--adapter', 'align', '--poison-ratio', '0.5', '--samples', '4', ...TRAINING],
      ],
      [
        'evaluate',
        ['--harmful-prompts', 'small/harmful-prompts', '--task', 'small/task-test', '--overrefusal-prompts', 'small/overrefusal-prompts'],
        ['--judge', 'phrases', '--max-new-tokens', '2', '--cache', 'cache'],
      ],
    ];
    for (const [stage, rows, rest] of stages) {
      const named = rows.map((word) => (word.startsWith('--') ? word : `${word}.blocks`));
      const { status, stderr } = await (stage === 'select' ? inProcess : here)(
        stage,
        ...named,
        ...rest,
        '--plugin',
        './mine.mjs',
        ...MODEL,
        '--out',
        stage,
      );
      expect(status, stderr).toBe(0);
    }
    const common = { model: scene.path('model'), maxLength: 160, engine: 'onnx', numThreads: 1, plugins: [scene.path('mine.mjs')] };
    const files = { pool: scene.path('pool.jsonl'), trusted: scene.path('trusted.jsonl'), harmful: scene.path('harmful.jsonl') };
    await rankRows({ ...files, method: 'brief', out: scene.path('api/select'), ...common });
    for (const file of ['ranking.parquet', 'core.jsonl']) expect(await bytesOf(`select/${file}`)).toBe(await bytesOf(`api/select/${file}`));
    const training = { length: { steps: 2 }, batchSize: 2, lora: { rank: 2 } };
    const [data, harmful] = [scene.path('trusted.blocks'), scene.path('harmful.blocks')];
    await alignModel({ data, harmful, defense: 'booster', training, out: scene.path('api/align'), ...common });
    const weights = 'adapter_model.safetensors';
    expect(await bytesOf(`align/${weights}`)).toBe(await bytesOf(`api/align/${weights}`));
  },
  SEVERAL_STARTS_MS,
);

it(
  'is read by a grid, and may be a definition in a program',
  async () => {
    const data = { alignment: 'pool.blocks', harmful: 'harmful.blocks', validation: 'trusted.blocks' };
    const config = {
      name: 'blocks',
      model: 'model',
      maxLength: 160,
      engine: 'onnx',
      threads: 1,
      selection: { methods: ['dsir'], keep: [0.4] },
    };
    await scene.write('blocks.yaml', JSON.stringify({ ...config, data, plugins: ['./mine.mjs'] }));
    const { status, stderr } = await here('run', 'blocks.yaml', '--out', 'grid', '--quiet');
    expect(status, stderr).toBe(0);
    const record = JSON.parse(await readFile(scene.path('grid/run.json'), 'utf8')) as { inputs: { role: string }[] };
    expect(record.inputs.map(({ role }) => role)).toContain('plugin');
    // One more character in front of every name, so that nothing but this definition can read it.
    const marked = (await readFile(scene.path('pool.blocks'), 'utf8')).replaceAll(/^(?=.)/gm, '>');
    await scene.write('pool.marked', marked);
    const format = defineRowFormat({
      name: 'marked',
      extensions: ['.marked'],
      async *read({ bytes }) {
        let text = '';
        for await (const piece of bytes) text += Buffer.from(piece).toString('latin1');
        for (const block of Buffer.from(text, 'latin1').toString('utf8').split('\n\n')) {
          yield {
            record: Object.fromEntries(
              block
                .trim()
                .split('\n')
                .map((line) => /^>(.*?): (.*)$/.exec(line)!.slice(1)),
            ),
          };
        }
      },
    });
    const files = Object.fromEntries(Object.entries(data).map(([role, name]) => [role, scene.path(name)]));
    const { rankings } = await runGrid({
      config: {
        ...config,
        model: scene.path('model'),
        data: { ...files, alignment: scene.path('pool.marked') },
        plugins: [scene.path('mine.mjs')],
      },
      formats: [format],
      out: scene.path('api/grid'),
    });
    expect(rankings).toHaveLength(1);
    const ranking = 'select/dsir-s0/ranking.parquet';
    expect(await bytesOf(`grid/${ranking}`)).toBe(await bytesOf(`api/grid/${ranking}`));
  },
  SEVERAL_STARTS_MS,
);

it(
  'ends with one clear error, status 2 and nothing written if it is wrong, and at once on an interrupt',
  async () => {
    const define = (read: string) =>
      `export default ({ defineRowFormat }) => defineRowFormat({ name: 'mine', extensions: ['.blocks'], async *read() { ${read} } });`;
    await scene.write('throws.mjs', define(`yield { record: { prompt: 'p', response: 'r' } }; throw new TypeError('no luck');`));
    await scene.write('hangs.mjs', define(`console.error('reads'); setInterval(() => {}, 1000); await new Promise(() => {});`));
    const args = ['select', '--alignment', 'pool.blocks', '--method', 'random', ...MODEL, '--out', 'wrong'];
    const thrown = await here(...args, '--plugin', 'throws.mjs');
    expect(thrown.status, thrown.stderr).toBe(2);
    expect(thrown.stderr).toContain('row format mine on pool.blocks: threw TypeError: no luck');
    const clash = await here('inspect', 'pool.blocks', '--plugin', 'throws.mjs', '--plugin', './mine.mjs');
    expect(clash.status, clash.stderr).toBe(2);
    expect(clash.stderr).toContain('row format "blocks" cannot be added: files that end in .blocks are read as mine');
    const hanging = startCli([...args, '--plugin', 'hangs.mjs'], { cwd: scene.dir });
    await hanging.said('reads');
    hanging.child.kill('SIGINT');
    expect((await hanging.end).status).toBe(130);
    expect(await readdir(scene.dir)).not.toContain('wrong');
  },
  SEVERAL_STARTS_MS,
);
