import { readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { silentReporter } from '@pharmacist/core';
import { defineExecutor, type Task, type TaskStatus } from '@pharmacist/distributed';
import { SELECTORS } from '@pharmacist/selector';
import { expect, it } from 'vitest';
import { BUILT_IN, withDefinitions } from '../src/catalog/catalog.ts';
import type { SelectOptions } from '../src/select/options.ts';
import { select } from '../src/select/select.ts';
import { runShard } from '../src/select/shards/run-shard.ts';
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
const files = { alignment: await rowsOf('pool', 26), harmful: await rowsOf('harmful', 6), validation: await rowsOf('trusted', 6) };

/** Does as its processes would, one after the other; whoever looks for the row files meanwhile does not find them. */
const withoutRows = defineExecutor({
  name: 'without-rows',
  create: () => ({
    async run(tasks: readonly Task[], { onChange }) {
      const statuses: TaskStatus[] = [];
      for (const path of Object.values(files)) await rename(path, `${path}.away`);
      try {
        for (const { id, argv } of tasks) {
          const word = (name: string) => argv[argv.indexOf(`--${name}`) + 1]!;
          await runShard(
            { plan: word('plan'), pass: word('pass'), number: Number(word('number')) },
            { out: argv[2]!, reporter: silentReporter },
          );
          passes.add(word('pass'));
          const ended = { node: 'here', seconds: 0, exitStatus: 0, message: undefined, log: '' };
          const status: TaskStatus = { id, state: 'done', attempts: 1, ...ended };
          onChange?.(status);
          statuses.push(status);
        }
      } finally {
        for (const path of Object.values(files)) await rename(`${path}.away`, path);
      }
      return statuses;
    },
    probe: async () => await Promise.resolve([]),
  }),
});
const catalog = withDefinitions(BUILT_IN, [withoutRows], []);
const executor = { name: 'without-rows', settings: { shard: 2 }, program: ['pharmacist'] };
let passes: Set<string>;

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
    .filter((name) => ['forward', 'gradients'].includes(SELECTORS.get(name).cost) && name !== 'seal')
    .map((name): [string, string, Record<string, unknown>] => [name, name, small[name] ?? {}]),
  ['ifd with experience', 'ifd', { experienced: true, clusters: 2, rowsPerCluster: 2, loraRank: 2, trainBatchSize: 2 }],
  ['amortised bilevel', 'bilevel', { ...small['bilevel'], scorer: 'amortised' }],
  ['bi-anchor by states', 'bi-anchor', { form: 'representations' }],
  ['less without projection', 'less', { ...small['less'], projectionDim: 0, type: 'sgd' }],
  ['rds by maximum', 'rds', { selection: 'max' }],
];

it.each(cases)('%s: other processes get rows as tokens and give the bytes of one process', async (_, method, methodOptions) => {
  passes = new Set();
  const base: Omit<SelectOptions, 'out'> = { ...settings, ...files, method, methodOptions, keep: 0.4 };
  const [one, divided] = [newOut(), newOut()];
  const expected = await select({ ...base, out: one });
  const found = await select({ ...base, out: divided, executor, catalog });
  expect(passes.size).toBeGreaterThan(0);
  for (const file of ['ranking.parquet', 'core.jsonl']) {
    expect(await readFile(join(divided, file), 'hex')).toBe(await readFile(join(one, file), 'hex'));
  }
  expect(found.record.passes).toEqual(expected.record.passes);
  const { nodes, ...notes } = found.record.notes;
  expect(notes).toEqual(expected.record.notes);
  expect(Object.keys(nodes as object)).toEqual(['here']);
});
