import { ConfigError, type Reporter, type State, throwIfAborted } from '@pharmacist/core';
import type { LanguageModel } from '@pharmacist/language-model';
import { batchOf, MappedValues, ROW_MAPS } from '@pharmacist/selector';
import { type ShardPasses, takeFound, writeFound } from './found-file.ts';
import { shardFile } from './shard-files.ts';
import { type ShardPass, unpackPass } from './shard-pass.ts';
import { type ShardRows, unpackRows } from './shard-rows.ts';
import type { ShardStore } from './shard-store.ts';

/** What a process that makes one shard is told. */
export interface ShardOrder {
  readonly plan: string;
  readonly pass: string;
  readonly number: number;
}

/** What it finds in the files of the order. */
export interface ShardWork {
  readonly told: ShardPass;
  readonly rows: ShardRows;
}

/** @throws {ConfigError} if a file of the order is not there, damaged or of another plan. */
export async function readOrder(order: ShardOrder, store: ShardStore): Promise<ShardWork> {
  const { plan, number } = order;
  const read = async <T>(name: string, unpack: (state: State) => T | undefined, isOwn: (meta: State['meta']) => boolean): Promise<T> => {
    const state = await store.read(name);
    const problem = typeof state === 'string' ? state : isOwn(state.meta) ? undefined : 'of another plan';
    const found = typeof state === 'string' || problem !== undefined ? undefined : unpack(state);
    if (found !== undefined) return found;
    throw new ConfigError(`is ${problem ?? 'damaged'}`, {
      where: store.where(name),
      hint: 'the command that divided the pass makes it again: give that one',
    });
  };
  const told = await read(shardFile(order, 'pass'), unpackPass, (meta) => meta['plan'] === plan);
  const rows = await read(
    shardFile(order, 'rows', number),
    ({ arrays }) => unpackRows(arrays),
    (meta) => meta['plan'] === plan && meta['number'] === number,
  );
  return { told, rows };
}

/**
 * Reads the batches of one shard and writes what it finds. The first valid file stays: if there is one, nothing is read.
 * @param model the pass's. @throws {ConfigError} if it is another one. @throws {NumericError} @throws {InterruptedError}
 */
export async function makeShard(
  order: ShardOrder,
  { told, rows: { rows, marks, batchSizes } }: ShardWork,
  { store, model, reporter, signal }: { store: ShardStore; model: LanguageModel; reporter: Reporter; signal?: AbortSignal | undefined },
): Promise<void> {
  if (model.contentHash !== told.model.contentHash) {
    throw new ConfigError('is another model here than where the pass was divided', {
      where: model.name,
      hint: 'every machine must see the same files under its path',
    });
  }
  const map = ROW_MAPS.get(told.map);
  const parameters = { meta: told.parameters, arrays: { ...told.arrays } };
  const { batchSize, maxLength, phase } = told;
  const name = shardFile(order, 'found', order.number);
  const values = new MappedValues(map.forms(model, parameters), rows);
  if (typeof takeFound(await store.read(name), order, values) !== 'string') return;
  const passes: ShardPasses = {};
  const reader = await map.open(model, parameters, phase);
  try {
    let start = 0;
    for (const size of batchSizes) {
      throwIfAborted(signal);
      const own = rows.slice(start, start + size);
      const batch = batchOf(own, { batchSize, maxLength, padId: model.tokenizer.padId });
      const found = await reader.read({ batch, rows: own, marks: marks === undefined ? [] : [...marks.subarray(start, start + size)] });
      for (const [b, inRow] of found.entries()) values.set(start + b, inRow);
      for (const kind of map.passes) {
        const [batches, numRows] = passes[kind] ?? [0, 0];
        passes[kind] = [batches + 1, numRows + size];
      }
      start += size;
      reporter.progress({ phase, done: start, total: rows.length, unit: 'rows' });
    }
  } finally {
    await reader.dispose?.();
  }
  await writeFound({ store, name }, { plan: order.plan, number: order.number, passes }, values);
}
