import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openRunDirectory, type RunDirectory, silentReporter } from '@pharmacist/core';
import { parseExecutor, type Task } from '@pharmacist/distributed';
import type { IndependentSteps } from '@pharmacist/selector';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { giveShards, type ShardGiver } from './give-shards.ts';
import { ShardMade, ShardMaker } from './make-shard.ts';
import { readShard, shardFileOf } from './shard-file.ts';
import { planShards } from './shard-plan.ts';

const NUM_STEPS = 10;
const NUM_ROWS = 2 * NUM_STEPS + 1;

/** A pass of two rows a step and one row that no step has; `made` hears of every step. */
function pass({ made = [], from = 0, to = NUM_STEPS }: { made?: number[]; from?: number; to?: number } = {}): IndependentSteps {
  const values = { loss: new Float64Array(NUM_ROWS).fill(NaN), nearest: new Int32Array(2 * NUM_ROWS) };
  return {
    name: 'losses of rows',
    values,
    from,
    to,
    async *steps(start) {
      for (let step = start; step < NUM_STEPS; step++) {
        made.push(step);
        for (const row of [step, 2 * NUM_STEPS - 1 - step]) {
          values.loss[row] = row === 3 ? -0 : Math.sin(row + 1);
          values.nearest.set([row, -row], 2 * row);
        }
        yield await Promise.resolve();
      }
    },
  };
}

let root: string;
let run: RunDirectory;
let counts: [string, number, number][];
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'pharmacist-shards-'));
  counts = [];
  run = await openRunDirectory({
    path: join(root, 'run'),
    command: 'select',
    config: { seed: 0 },
    inputs: [],
    versions: {},
    resultFiles: [],
  });
});
afterEach(async () => {
  await run.close();
  await rm(root, { recursive: true });
});

/** Gives shards to `make` in place of processes. */
function giverOf(
  make: (words: Record<string, string>) => Promise<void>,
  settings: Record<string, unknown> = { shard: 3 },
): ShardGiver & { tasks: Task[] } {
  const parsed = parseExecutor('local', settings, { env: {} });
  const tasks: Task[] = [];
  const executor: typeof parsed.executor = {
    ...parsed.executor,
    name: 'local',
    probe: async () => await Promise.resolve([]),
    async run(given) {
      tasks.push(...given);
      for (const { argv } of given)
        await make(
          Object.fromEntries(argv.slice(3).flatMap((word, i, all) => (word.startsWith('--') ? [[word.slice(2), all[i + 1]!]] : []))),
        );
      return [];
    },
  };
  const count = (...counted: [string, number, number]) => void counts.push(counted);
  return {
    executor: { ...parsed, executor },
    program: ['pharmacist'],
    run,
    key: 'k',
    versions: { node: '20' },
    count,
    reporter: silentReporter,
    signal: undefined,
    tasks,
  };
}

/** As `pharmacist shard` does. */
async function makeShard(words: Record<string, string>, steps = pass()): Promise<void> {
  const order = {
    plan: words['plan']!,
    pass: words['pass']!,
    number: Number(words['number']),
    from: Number(words['from']),
    to: Number(words['to']),
  };
  const maker = new ShardMaker(order, run.stateDir);
  const counted: IndependentSteps = {
    ...steps,
    async *steps(start) {
      for await (const step of steps.steps(start)) {
        maker.count('forward', 1, 2);
        yield step;
      }
    },
  };
  await maker.elsewhere(counted).catch((error: unknown) => {
    if (!(error instanceof ShardMade)) throw error;
  });
}

async function whole(): Promise<IndependentSteps['values']> {
  const here = pass();
  for await (const _ of here.steps(0));
  return here.values;
}

describe('a pass that is divided', () => {
  it('ends with the values and counts of one process, to the bit', async () => {
    const there = pass();
    const giver = giverOf(makeShard);
    expect(await giveShards(there, giver)).toBe(true);
    const expected = await whole();
    expect(there.values['loss']).toEqual(expected['loss']);
    expect(Object.is(there.values['loss']![3], -0)).toBe(true);
    expect(there.values['nearest']).toEqual(expected['nearest']);
    expect(giver.tasks.map(({ id }) => id)).toEqual([0, 1, 2, 3].map((n) => `shards/losses of rows/${n}`));
    expect(counts).toEqual([3, 3, 3, 1].map((steps) => ['forward', steps, 2 * steps]));
  });

  it('takes what is there, and makes again what is missing, damaged or of another plan', async () => {
    const giver = giverOf(makeShard);
    await giveShards(pass(), giver);
    const files = giver.tasks.map((_, number) =>
      shardFileOf(run.stateDir, { id: giver.tasks[number]!.argv.at(-1)!, pass: 'losses of rows' }, { number }),
    );
    await rm(files[0]!);
    const bytes = await readFile(files[1]!);
    bytes[bytes.length - 3]! ^= 1;
    await writeFile(files[1]!, bytes);
    await writeFile(files[2]!, await readFile(files[3]!));
    const again = giverOf(makeShard);
    const there = pass();
    expect(await giveShards(there, again)).toBe(true);
    expect(again.tasks.map(({ id }) => id.split('/')[2])).toEqual(['0', '1', '2']);
    expect(there.values).toEqual(await whole());
    const none = giverOf(async () => await Promise.reject(new Error('never')));
    expect(await giveShards(pass(), none)).toBe(true);
    expect(none.tasks).toEqual([]);
  });

  it('makes no shard twice: the first valid one stays', async () => {
    const giver = giverOf(makeShard);
    await giveShards(pass(), giver);
    const made: number[] = [];
    const words = giver.tasks[0]!.argv.slice(3);
    await makeShard(
      Object.fromEntries(words.flatMap((word, i) => (word.startsWith('--') ? [[word.slice(2), words[i + 1]!]] : []))),
      pass({ made }),
    );
    expect(made).toEqual([]);
  });

  it('goes on behind what was done here, and leaves a short pass here', async () => {
    const giver = giverOf(makeShard);
    const there = pass({ from: 4 });
    expect(await giveShards(there, giver)).toBe(true);
    expect([...there.values['loss']!.subarray(0, 4)]).toEqual([NaN, NaN, NaN, NaN]);
    expect(there.values['loss']![4]).toBe(Math.sin(5));
    expect(await giveShards(pass({ from: 8 }), giver)).toBe(false);
  });

  it('says which parts could not be made', async () => {
    const giver = giverOf(async (words) => await (words['number'] === '1' ? Promise.resolve() : makeShard(words)));
    await expect(giveShards(pass(), giver)).rejects.toThrow('1 of 4 shards of the pass "losses of rows" could not be made');
  });
});

describe('the plan', () => {
  const planned = (identity: unknown, size: number | 'auto' = 3, parallel?: number, to = NUM_STEPS) =>
    planShards({ ...pass(), to }, { size, parallel, identity });

  it('divides by `parallel`, and no finer than is worth it', () => {
    expect(planned(0, 'auto').shards).toEqual([{ number: 0, from: 0, to: 10 }]);
    const { shards } = planned(0, 'auto', 10, 10_000);
    expect(shards).toHaveLength(40);
    expect(shards.at(-1)).toEqual({ number: 39, from: 9750, to: 10_000 });
  });

  it('is another one for whatever decides what is in it', async () => {
    const ids = [planned(0), planned(1), planned(0, 4), planShards({ ...pass(), name: 'other' }, { size: 3, identity: 0 })].map(
      ({ id }) => id,
    );
    expect(new Set(ids).size).toBe(4);
    expect(planned(0).id).toBe(ids[0]);
    const [plan, shard] = [planned(0), planned(0).shards[0]!];
    await makeShard({ plan: plan.id, pass: 'losses of rows', number: '0', from: '0', to: '3' });
    const path = shardFileOf(run.stateDir, plan, shard);
    expect(await readShard(path, { plan: planned(1), shard, values: pass().values })).toBe('foreign');
    expect(await readShard(path, { plan, shard, values: { loss: new Float64Array(1) } })).toBe('damaged');
    expect(await readShard(`${path}x`, { plan, shard, values: pass().values })).toBe('missing');
  });
});
