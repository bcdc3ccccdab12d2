import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openRunDirectory, type RunDirectory, silentReporter } from '@pharmacist/core';
import { parseExecutor, type Task } from '@pharmacist/distributed';
import { createAdapter, LanguageModel, type TokenizedRow } from '@pharmacist/language-model';
import { loadModel, randomRows } from '@pharmacist/language-model/test-support';
import { adapterOf, adapterState, batchOf, batchPlan, type DividedPass, MappedValues, ROW_MAPS } from '@pharmacist/selector';
import { createEngine } from '@pharmacist/tensor-kernels';
import { LoopbackStore } from '@pharmacist/tooling/vitest/loopback-store';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { giveShards } from './give-shards.ts';
import type { ShardGiver } from './shard-giver.ts';
import { makeShard, readOrder, type ShardOrder } from './make-shard.ts';
import { shardFile } from './shard-files.ts';
import { openShardStore, type ShardStore } from './shard-store.ts';
import { unpackPass } from './shard-pass.ts';
import { planShards } from './shard-plan.ts';
import { packRows, unpackRows } from './shard-rows.ts';

const { engine } = await createEngine({ name: 'onnx', numThreads: 1 });
const model = await loadModel('llama', engine);
afterAll(async () => await engine.dispose());

const BATCH = 2;
const MAX_LENGTH = 24;
const NONE: TokenizedRow = { inputIds: Int32Array.of(5, 6), numPromptTokens: 2, truncated: true, hasTargets: false };
const POOL = [NONE, ...randomRows('shards', 19)];

/** Losses of 19 rows with targets and one without, in ten batches of two, of which the last has one. */
function pass(change: Partial<DividedPass> = {}): DividedPass {
  const given = {
    name: 'losses of rows',
    phase: 'Losses',
    map: ROW_MAPS.get('losses'),
    parameters: { meta: {}, arrays: {} },
    model,
    ...change,
  };
  const { rows = POOL, batchSize = BATCH } = change;
  const values = new MappedValues(given.map.forms(given.model, given.parameters), rows);
  return { rows, batchSize, maxLength: MAX_LENGTH, batches: batchPlan(rows, batchSize), values, from: 0, ...given };
}

/** What one process finds. */
async function whole({ map, parameters, rows, batches, batchSize, maxLength, values, model: own }: DividedPass): Promise<MappedValues> {
  const reader = await map.open(own, parameters, 'Losses');
  for (const places of batches) {
    const inBatch = places.map((place) => rows[place]!);
    const batch = batchOf(inBatch, { batchSize, maxLength, padId: own.tokenizer.padId });
    (await reader.read({ batch, rows: inBatch, marks: [] })).forEach((found, b) => values.set(places[b]!, found));
  }
  await reader.dispose?.();
  return values;
}

let root: string;
let run: RunDirectory;
let store: ShardStore;
/** Path of a file of the store. */
const fileOf = (order: ShardOrder, kind: 'rows' | 'found', number = order.number) => store.where(shardFile(order, kind, number));
const machine = { options: { model: 'model' }, plugins: [], versions: { node: '20' }, mixed: false };
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
  store = await openShardStore(join(run.stateDir, 'shards'), {});
});
afterEach(async () => {
  await run.close();
  await rm(root, { recursive: true });
});

/** What the words of a task say. */
function orderOf({ argv }: Task): ShardOrder {
  const word = (name: string) => argv[argv.indexOf(`--${name}`) + 1]!;
  return { plan: word('plan'), pass: word('pass'), number: Number(word('number')) };
}

/** As `pharmacist shard` does, with this model. */
async function make(order: ShardOrder, own = model): Promise<void> {
  await makeShard(order, await readOrder(order, store), { store, model: own, reporter: silentReporter });
}

/** Gives shards to `made` in place of processes. */
function giverOf(
  made: (order: ShardOrder) => Promise<void> = make,
  change: Partial<ShardGiver> = {},
  settings: Record<string, unknown> = { shard: 3 },
): ShardGiver & { orders: ShardOrder[] } {
  const parsed = parseExecutor('local', settings, { env: {} });
  const orders: ShardOrder[] = [];
  const executor: typeof parsed.executor = {
    ...parsed.executor,
    name: 'local',
    probe: async () => await Promise.resolve([]),
    async run(given) {
      orders.push(...given.map(orderOf));
      for (const task of given) await made(orderOf(task));
      return [];
    },
  };
  return {
    executor: { ...parsed, executor },
    program: ['pharmacist'],
    run,
    key: 'k',
    store,
    machine,
    nameOf: (opened) => (opened === model ? '' : undefined),
    count: (...counted) => void counts.push(counted),
    reporter: silentReporter,
    signal: undefined,
    ...change,
    orders,
  };
}

describe('a pass that is divided', () => {
  it('ends with the values and counts of one process, to the bit, and leaves no rows behind', async () => {
    const there = pass();
    const giver = giverOf();
    expect(await giveShards(there, giver)).toBe(true);
    const expected = await whole(pass());
    expect(there.values.arrays).toEqual(expected.arrays);
    expect(there.values.of('losses', 0)[0]).toBeNaN();
    expect(there.values.of('losses', 1)[0]).toBeGreaterThan(0);
    expect(giver.orders.map(({ number }) => number)).toEqual([0, 1, 2, 3]);
    expect(counts).toEqual([
      ['forward', 3, 6],
      ['forward', 3, 6],
      ['forward', 3, 6],
      ['forward', 1, 1],
    ]);
    expect((await readdir(join(run.stateDir, 'shards'))).every((name) => name.endsWith('.found'))).toBe(true);
  });

  it('takes what is there, and makes again what is missing, damaged or of another plan', async () => {
    const giver = giverOf();
    await giveShards(pass(), giver);
    const files = giver.orders.map((order) => fileOf(order, 'found'));
    await rm(files[0]!);
    const bytes = await readFile(files[1]!);
    bytes[bytes.length - 3]! ^= 1;
    await writeFile(files[1]!, bytes);
    await writeFile(files[2]!, await readFile(files[3]!));
    const again = giverOf();
    const there = pass();
    expect(await giveShards(there, again)).toBe(true);
    expect(again.orders.map(({ number }) => number)).toEqual([0, 1, 2]);
    expect(there.values.arrays).toEqual((await whole(pass())).arrays);
    const none = giverOf(async () => await Promise.reject(new Error('never')));
    expect(await giveShards(pass(), none)).toBe(true);
    expect(none.orders).toEqual([]);
  });

  it('makes no shard twice: the first valid file stays', async () => {
    const twice = giverOf(async (order) => {
      await make(order);
      const path = fileOf(order, 'found');
      const { ino } = await stat(path);
      await make(order);
      expect((await stat(path)).ino).toBe(ino);
    });
    expect(await giveShards(pass(), twice)).toBe(true);
    expect(twice.orders).toHaveLength(4);
  });

  it('goes on behind what was done here, and leaves a short pass and one of an unknown model here', async () => {
    const there = pass({ from: 4 });
    expect(await giveShards(there, giverOf())).toBe(true);
    const expected = await whole(pass());
    for (const [number, places] of there.batches.entries()) {
      for (const place of places) expect(there.values.of('losses', place)[0]).toBe(number < 4 ? NaN : expected.of('losses', place)[0]);
    }
    expect(await giveShards(pass({ from: 8 }), giverOf())).toBe(false);
    expect(await giveShards(pass(), giverOf(make, { nameOf: () => undefined }))).toBe(false);
  });

  it('tells of an adapter that was merged into the model, and refuses another model', async () => {
    const adapter = createAdapter(model.config, { rank: 2, alpha: 4 }, 'merged');
    for (const { b } of adapter.factors.values()) (b.data as Float32Array).fill(0.01);
    const merged = await model.merged(adapter);
    const there = pass({ model: merged.model });
    await giveShards(
      there,
      giverOf(async (order) => {
        const { told } = await readOrder(order, store);
        const again = await model.merged(adapterOf(told.model.adapters[0]!, told.adapterArrays[0]!));
        expect(again.model).toBeInstanceOf(LanguageModel);
        await make(order, again.model);
        await again.dispose();
      }),
    );
    expect(there.values.arrays).toEqual((await whole(pass({ model: merged.model }))).arrays);
    expect(there.values.arrays).not.toEqual((await whole(pass())).arrays);
    const other = giverOf(async (order) => await make(order, merged.model));
    await expect(giveShards(pass(), other)).rejects.toThrow('is another model here than where the pass was divided');
    await merged.dispose();
  });

  it('refuses rows that are damaged or of another plan before it computes anything', async () => {
    const spoilt = giverOf(async (order) => {
      const path = fileOf(order, 'rows');
      const bytes = await readFile(path);
      await rm(path);
      await expect(make(order)).rejects.toThrow('is missing');
      await writeFile(path, bytes.subarray(0, -1));
      await expect(make(order)).rejects.toThrow('is damaged');
      await writeFile(path, bytes);
      if (order.number === 1) {
        await writeFile(path, await readFile(fileOf(order, 'rows', 2)));
        await expect(make(order)).rejects.toThrow('is of another plan');
      }
    });
    await expect(giveShards(pass(), spoilt)).rejects.toThrow('4 of 4 shards of the pass "losses of rows" could not be made');
  });

  it('says which parts could not be made', async () => {
    const giver = giverOf(async (order) => await (order.number === 1 ? Promise.resolve() : make(order)));
    await expect(giveShards(pass(), giver)).rejects.toThrow('1 of 4 shards of the pass "losses of rows" could not be made');
  });
});

describe('in an object store', () => {
  let objects: LoopbackStore;
  beforeEach(async () => {
    objects = await LoopbackStore.start();
    store = await openShardStore('s3://rows/parts', { env: objects.env });
  });
  afterEach(async () => await objects.stop());

  it('a pass ends with the same values; of two that make a part the first stays, and what is damaged is replaced', async () => {
    const there = pass();
    const twice = giverOf(async (order) => {
      const key = `parts/${shardFile(order, 'found', order.number)}`;
      if (order.number === 0) objects.objects.set(key, Buffer.from('damaged'));
      // Another comes first, between the look and the write.
      const state = await readOrder(order, store);
      const other = new Map<string, Buffer>();
      if (order.number === 1) {
        await make(order);
        other.set(key, objects.objects.get(key)!);
        objects.objects.delete(key);
        objects.onRequest = (request) => {
          if (request.startsWith('PUT')) objects.objects.set(key, other.get(key)!);
        };
      }
      await makeShard(order, state, { store, model, reporter: silentReporter });
      objects.onRequest = undefined;
      if (order.number === 1) expect(objects.objects.get(key)).toBe(other.get(key));
    });
    expect(await giveShards(there, twice)).toBe(true);
    expect(there.values.arrays).toEqual((await whole(pass())).arrays);
    expect([...objects.objects.keys()].every((key) => key.startsWith('parts/') && key.endsWith('.found'))).toBe(true);
    await store.clear();
    expect(objects.objects.size).toBe(0);
  });
});

describe('the plan', () => {
  it('divides by `parallel`, and no finer than is worth it', () => {
    const plan = (numBatches: number, cost: number, parallel: number) =>
      planShards(
        Array.from({ length: numBatches }, () => cost),
        { from: 0, size: 'auto', parallel },
      );
    expect(plan(10, 1e12, 8)).toEqual([{ number: 0, from: 0, to: 10 }]);
    const shards = plan(10_000, 1e12, 10);
    expect(shards).toHaveLength(40);
    expect(shards.at(-1)).toEqual({ number: 39, from: 9750, to: 10_000 });
    // Batches of a tiny model: processes would start more often than it is worth.
    expect(plan(1500, 1e6, 2).map(({ from, to }) => to - from)).toEqual([375, 375, 375, 375]);
    expect(plan(1500, 4e9, 2)).toHaveLength(6);
    expect(plan(1500, 1e10, 2)).toHaveLength(8);
  });

  it('divides into parts that take equally long, whatever the lengths of their rows, and leaves no batch out', () => {
    const costs = Array.from({ length: 1000 }, (_, i) => 1e9 * (1000 - i));
    const shards = planShards(costs, { from: 100, size: 'auto', parallel: 2 });
    expect(shards).toHaveLength(8);
    expect([shards[0]!.from, shards.at(-1)!.to]).toEqual([100, 1000]);
    shards.slice(1).forEach(({ from }, i) => expect(from).toBe(shards[i]!.to));
    const sums = shards.map(({ from, to }) => costs.slice(from, to).reduce((sum, cost) => sum + cost, 0));
    expect(Math.max(...sums) / Math.min(...sums)).toBeLessThan(1.05);
    expect(shards[0]!.to - shards[0]!.from).toBeLessThan(100);
    expect(planShards(costs, { from: 1000, size: 'auto', parallel: 2 })).toEqual([]);
    expect(planShards(costs, { from: 0, size: 300 }).map(({ to }) => to)).toEqual([300, 600, 900, 1000]);
  });

  it('is another one for whatever decides what is in it: rows, their batches, parameters, name, versions', async () => {
    const planOf = async (given: DividedPass, change: Partial<ShardGiver> = {}, settings?: Record<string, unknown>) => {
      const giver = giverOf(make, change, settings);
      await giveShards(given, giver);
      return giver.orders[0]!.plan;
    };
    const { meta, arrays } = adapterState(createAdapter(model.config, { rank: 2, alpha: 4 }, 'plan'));
    const [first, ...others] = POOL.slice(1);
    const ids = [
      await planOf(pass()),
      await planOf(pass({ rows: [NONE, { ...first!, inputIds: first!.inputIds.map((id, t) => (t === 3 ? 95 - id : id)) }, ...others] })),
      await planOf(pass({ batchSize: 3 })),
      await planOf(pass({ parameters: { meta: { adapter: meta }, arrays } })),
      await planOf(
        pass({
          parameters: {
            meta: { adapter: meta },
            arrays: { ...arrays, [Object.keys(arrays)[0]!]: Object.values(arrays)[0]!.map((x) => x / 2) },
          },
        }),
      ),
      await planOf(pass({ name: 'other' })),
      await planOf(pass(), { machine: { ...machine, versions: { node: '22' } } }),
      await planOf(pass(), {}, { shard: 4 }),
    ];
    expect(new Set(ids).size).toBe(ids.length);
    await rm(join(run.stateDir, 'shards'), { recursive: true });
    expect(await planOf(pass())).toBe(ids[0]);
  });
});

it('rows and passes are the same after a file', () => {
  const marks = Int32Array.from(POOL, (_, i) => 10 * i);
  const given = pass({ marks });
  const unpacked = unpackRows(packRows(given, { from: 2, to: 4 }).arrays)!;
  const places = given.batches.slice(2, 4).flat();
  expect(unpacked.rows).toEqual(places.map((place) => POOL[place]));
  expect([...unpacked.marks!]).toEqual(places.map((place) => 10 * place));
  expect(unpacked.batchSizes).toEqual([2, 2]);
  expect(unpackRows({ lengths: Int32Array.of(1) })).toBeUndefined();
  expect(unpackPass({ meta: {}, arrays: {} })).toBeUndefined();
});
