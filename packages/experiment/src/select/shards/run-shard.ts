import { join } from 'node:path';
import { silentReporter } from '@pharmacist/core';
import type { LanguageModel } from '@pharmacist/language-model';
import { adapterOf, ROW_MAPS } from '@pharmacist/selector';
import type { StageOptions } from '../../every-stage/options.ts';
import { assertSameVersions } from '../../executor/same-versions.ts';
import type { AskedWork } from '../../models/check-memory.ts';
import { openSecondModel, withWorkbench } from '../../models/workbench.ts';
import { loadPlugins } from '../../plugin/load-plugins.ts';
import { versionsOfWork } from '../../versions.ts';
import { makeShard, readOrder, type ShardOrder } from './make-shard.ts';
import type { ShardPass } from './shard-pass.ts';
import { openShardStore } from './shard-store.ts';

export interface RunShardOptions extends Pick<StageOptions, 'out' | 'reporter' | 'signal'> {
  /** Where the files of its passes lie, if not in the run's folder: a prefix in an object store. */
  readonly place?: string | undefined;
  /** Holds the keys of the store. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
}

/**
 * Makes one range of one pass of a selection that divides its passes, from the tokens or texts that it is given: the pool is not read. The run
 * itself is left alone.
 * @throws {ConfigError} before anything is computed if there is no such part, or this machine has other versions than it began with.
 */
export async function runShard(
  order: ShardOrder,
  { out, place = join(out, '.state', 'shards'), env, reporter = silentReporter, signal }: RunShardOptions,
): Promise<void> {
  const store = await openShardStore(place, { env, signal });
  const work = await readOrder(order, store);
  const { options, plugins, versions, mixed } = work.told.machine;
  const catalog = plugins.length === 0 ? undefined : await loadPlugins(plugins);
  const asked = workOf(work.told);
  await withWorkbench({ ...options, catalog, reporter, signal, asked }, undefined, async ({ model, choice }) => {
    assertSameVersions(versions, versionsOfWork(choice.engine), { mixed, reporter });
    await withModelOf(work.told, { model, openedBy: options.model }, async (own) => {
      await makeShard(order, work, { store, model: own, reporter, signal });
    });
  });
}

/** What a pass has the model do. */
function workOf({ reads, map, parameters, arrays, batchSize, maxLength }: ShardPass): AskedWork[] {
  if (reads === 'texts') return [];
  const loraRank = ROW_MAPS.get(map).loraRank?.({ meta: parameters, arrays: { ...arrays } });
  return [{ work: loraRank === undefined ? 'forward' : 'influences', batchSize, maxLength, loraRank, batchOption: '--batch-size' }];
}

/** The model that a pass reads with: the run's own or a further one, with what was merged into it. */
async function withModelOf(
  { model: { name, adapters }, adapterArrays }: ShardPass,
  opened: { model: LanguageModel; openedBy: string },
  work: (model: LanguageModel) => Promise<void>,
): Promise<void> {
  const held: { dispose(): Promise<void> }[] = [];
  try {
    let { model } = opened;
    if (name !== undefined) {
      const second = await openSecondModel(name, opened);
      held.push(second);
      model = second.model;
    }
    for (const [i, adapter] of adapters.entries()) {
      const merged = await model.merged(adapterOf(adapter, adapterArrays[i]!));
      held.push(merged);
      model = merged.model;
    }
    await work(model);
  } finally {
    for (const one of held.toReversed()) await one.dispose();
  }
}
