import { ConfigError, type Reporter, type State, throwIfAborted } from '@pharmacist/core';
import type { LanguageModel } from '@pharmacist/language-model';
import { batchOf, type MappedText, MappedValues, mapTexts, ROW_MAPS, TEXT_MAPS } from '@pharmacist/selector';
import { type ShardPasses, takeFound, writeFound } from './found-file.ts';
import { shardFile } from './shard-files.ts';
import { type ShardPass, unpackPass } from './shard-pass.ts';
import { type ShardRows, unpackRows } from './shard-rows.ts';
import type { ShardStore } from './shard-store.ts';
import { FoundTexts, textsFound, unpackTexts } from './text-files.ts';

/** What a process that makes one shard is told. */
export interface ShardOrder {
  readonly plan: string;
  readonly pass: string;
  readonly number: number;
}

/** What it finds in the files of the order: rows as tokens, or as texts. */
export type ShardWork = { readonly told: ShardPass } & (
  | { readonly rows: ShardRows }
  | { readonly texts: readonly (MappedText | undefined)[] }
);

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
  const ownRows = async <T>(unpack: (state: State) => T | undefined) =>
    await read(shardFile(order, 'rows', number), unpack, (meta) => meta['plan'] === plan && meta['number'] === number);
  return told.reads === 'texts'
    ? { told, texts: await ownRows(unpackTexts) }
    : { told, rows: await ownRows(({ arrays }) => unpackRows(arrays)) };
}

/** With what a shard is made. */
interface Maker {
  readonly store: ShardStore;
  /** The pass's. */
  readonly model: LanguageModel;
  readonly reporter: Reporter;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Reads the rows of one shard and writes what it finds. The first valid file stays: if there is one, nothing is read.
 * @throws {ConfigError} if the model is another one. @throws {NumericError} @throws {InterruptedError}
 */
export async function makeShard(order: ShardOrder, work: ShardWork, maker: Maker): Promise<void> {
  const { model } = maker;
  const { told } = work;
  if (model.contentHash !== told.model.contentHash) {
    throw new ConfigError('is another model here than where the pass was divided', {
      where: model.name,
      hint: 'every machine must see the same files under its path',
    });
  }
  if ('texts' in work) await readTexts(order, work, maker);
  else await readBatches(order, work, maker);
}

async function readTexts(
  order: ShardOrder,
  { told, texts }: { told: ShardPass; texts: readonly (MappedText | undefined)[] },
  { store, model, reporter, signal }: Maker,
): Promise<void> {
  const map = TEXT_MAPS.get(told.map);
  const name = shardFile(order, 'found', order.number);
  if (typeof textsFound(await store.read(name), order, map, texts.length) !== 'string') return;
  const found = new FoundTexts(map, texts.length);
  await mapTexts(
    { ...told, model, reporter, signal },
    {
      phase: told.phase,
      map,
      parameters: told.parameters,
      numRows: texts.length,
      textAt: (row) => texts[row],
      take: (row, lists) => found.set(row, lists),
    },
  );
  const { plan, number } = order;
  await store.writeFirst(
    name,
    { meta: { plan, number }, arrays: found.arrays },
    (there) => typeof textsFound(there, order, map, texts.length) !== 'string',
  );
}

async function readBatches(
  order: ShardOrder,
  { told, rows: { rows, marks, batchSizes } }: { told: ShardPass; rows: ShardRows },
  { store, model, reporter, signal }: Maker,
): Promise<void> {
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
