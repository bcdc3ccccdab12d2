import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { silentReporter } from '@pharmacist/core';
import { defineExecutor, type Task, type TaskStatus } from '@pharmacist/distributed';
import { SELECTORS } from '@pharmacist/selector';
import { expect, it } from 'vitest';
import { BUILT_IN, withDefinitions } from '../src/catalog/catalog.ts';
import type { SelectOptions } from '../src/select/options.ts';
import { select } from '../src/select/select.ts';
import type { ShardOrder } from '../src/select/shards/make-shard.ts';
import { runShard } from '../src/select/shards/run-shard.ts';
import { shardFile } from '../src/select/shards/shard-files.ts';
import { writeRandomModel } from './support/random-model.ts';
import { useModelFolder } from './support/model-folder.ts';

const { folder, settings, rowFile, newOut } = await useModelFolder();
const scorer = await writeRandomModel(join(folder, 'scorer'), { poison: 0.5 });

const words = ['No', 'I would rather not', 'Never on any day', 'Ask a doctor first', 'It is red', 'It is seven', 'Then go home'];
const rowsOf = (name: string, count: number) =>
  rowFile(
    `${name}.jsonl`,
    Array.from({ length: count }, (_, i) => ({
      id: `${name}${i}`,
      prompt: `Wish ${i} of ${name}`,
      response: `${words[i % words.length]}, ${'and so on '.repeat(i % 5)}${name} ${i}.`,
    })),
  );
const files = { alignment: await rowsOf('pool', 12), harmful: await rowsOf('harmful', 6), validation: await rowsOf('trusted', 6) };

let passes: Set<string>;
/** Makes parts as processes would, one after the other. @param after hears of each that is made. */
async function makeParts(
  tasks: readonly Task[],
  onChange: ((status: TaskStatus) => void) | undefined,
  after?: (out: string, order: ShardOrder) => Promise<void>,
): Promise<TaskStatus[]> {
  const statuses: TaskStatus[] = [];
  for (const { id, argv } of tasks) {
    const word = (name: string) => argv[argv.indexOf(`--${name}`) + 1]!;
    const order = { plan: word('plan'), pass: word('pass'), number: Number(word('number')) };
    await runShard(order, { out: argv[2]!, reporter: silentReporter });
    passes.add(order.pass);
    await after?.(argv[2]!, order);
    const ended = { node: 'here', seconds: 0, exitStatus: 0, message: undefined, log: '' };
    const status: TaskStatus = { id, state: 'done', attempts: 1, ...ended };
    onChange?.(status);
    statuses.push(status);
  }
  return statuses;
}
const probe = async () => await Promise.resolve([]);

/** Whoever looks for the row files meanwhile does not find them. */
const withoutRows = defineExecutor({
  name: 'without-rows',
  create: () => ({
    async run(tasks: readonly Task[], { onChange }) {
      for (const path of Object.values(files)) await rename(path, `${path}.away`);
      try {
        return await makeParts(tasks, onChange);
      } finally {
        for (const path of Object.values(files)) await rename(`${path}.away`, path);
      }
    },
    probe,
  }),
});

let made: string[];
let damaged: Set<string>;
/** The second part of each pass is damaged the first time. */
const damaging = defineExecutor({
  name: 'damaging',
  create: () => ({
    run: async (tasks: readonly Task[], { onChange }) =>
      await makeParts(tasks, onChange, async (out, order) => {
        made.push(`${order.pass} ${order.number}`);
        if (order.number !== 1 || damaged.has(order.pass)) return;
        damaged.add(order.pass);
        const path = join(out, '.state', 'shards', shardFile(order, 'found', 1));
        await writeFile(path, (await readFile(path)).subarray(0, -1));
      }),
    probe,
  }),
});
const catalog = withDefinitions(BUILT_IN, [withoutRows, damaging], []);
const executor = { name: 'without-rows', settings: { shard: 2 }, program: ['pharmacist'] };

/** Small options of the methods that train, and a second model for the one that reads with it. */
const small: Readonly<Record<string, Record<string, unknown>>> = {
  bilevel: { checkpoints: [0, 2], loraRank: 2, trainBatchSize: 4, toxic: 'shift', toxicSteps: 2 },
  less: { epochs: 1, loraRank: 2, trainBatchSize: 4, projectionDim: 64 },
  el2n: { runs: 1, steps: 2, loraRank: 2, trainBatchSize: 4 },
  grand: { runs: 1, steps: 2, loraRank: 2, trainBatchSize: 4 },
  superfiltering: { model: scorer },
};
const cases: [name: string, method: string, options: Record<string, unknown>][] = [
  ...SELECTORS.names
    .filter((name) => ['text', 'forward', 'gradients'].includes(SELECTORS.get(name).cost) && name !== 'seal')
    .map((name): [string, string, Record<string, unknown>] => [name, name, small[name] ?? {}]),
  ['ifd with experience', 'ifd', { experienced: true, clusters: 2, rowsPerCluster: 2, loraRank: 2, trainBatchSize: 2 }],
  ['amortised bilevel', 'bilevel', { ...small['bilevel'], scorer: 'amortised' }],
  ['bi-anchor by states', 'bi-anchor', { form: 'representations' }],
  ['less without projection', 'less', { ...small['less'], projectionDim: 0, type: 'sgd' }],
  ['rds by maximum', 'rds', { selection: 'max' }],
];

it.each(cases)('%s: other processes get texts and rows as tokens and give the bytes of one process', async (_, method, methodOptions) => {
  passes = new Set();
  const base: Omit<SelectOptions, 'out'> = { ...settings, ...files, method, methodOptions, keep: 0.4 };
  const [one, divided] = [newOut(), newOut()];
  const expected = await select({ ...base, out: one });
  const found = await select({ ...base, out: divided, executor, catalog });
  expect(passes.size).toBeGreaterThan(1);
  expect(passes).toContain('pool-tokens');
  for (const file of ['ranking.parquet', 'core.jsonl']) {
    expect(await readFile(join(divided, file), 'hex')).toBe(await readFile(join(one, file), 'hex'));
  }
  expect(found.record.passes).toEqual(expected.record.passes);
  const { nodes, ...notes } = found.record.notes;
  expect(notes).toEqual(expected.record.notes);
  expect(Object.keys(nodes as object)).toEqual(['here']);
});

it('a damaged part of a pass over texts is said, and made again by the same command', async () => {
  [passes, made, damaged] = [new Set(), [], new Set()];
  const base = { ...settings, ...files, method: 'dsir', keep: 0.4 };
  const [one, divided] = [newOut(), newOut()];
  await select({ ...base, out: one });
  // One that damages the first pass, and one that damages the second; what was whole is taken.
  for (const pass of ['pool-tokens', 'pool-n-grams']) {
    const again = select({ ...base, out: divided, executor: { ...executor, name: 'damaging' }, catalog });
    await expect(again).rejects.toThrow(`shards of the pass "${pass}" could not be made`);
  }
  await select({ ...base, out: divided, executor, catalog });
  expect(await readFile(join(divided, 'ranking.parquet'), 'hex')).toBe(await readFile(join(one, 'ranking.parquet'), 'hex'));
  expect(made.filter((part) => part === 'pool-tokens 0')).toHaveLength(1);
});
