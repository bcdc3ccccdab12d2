import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { type RunDirectory, silentReporter } from '@pharmacist/core';
import { type ExecutorChoice, parseChoice } from '../../executor/executor-choice.ts';
import type { FurtherModels } from '../../models/further-models.ts';
import type { Workbench } from '../../models/workbench.ts';
import { versionsOfWork } from '../../versions.ts';
import type { SelectOptions } from '../options.ts';
import type { PoolWork } from '../pool-context.ts';
import { giveShards } from './give-shards.ts';
import { giveTexts } from './give-texts.ts';
import { findKey, writeKey } from './select-file.ts';
import { modelOptions } from './shard-machine.ts';
import { openShardStore, type ShardStore } from './shard-store.ts';

/** How a selection has its passes made by other processes. */
export interface ShardsOf {
  /** Hears of the run before anything is computed. */
  begin(run: RunDirectory, opened: { readonly workbench: Workbench; readonly further: FurtherModels }): Promise<PoolWork['elsewhere']>;
  /** Removes what is left of it once the run is done. */
  end(): Promise<void>;
}

/**
 * The part of the process that was called: it gives passes away and puts them together.
 * @throws {ConfigError} for wrong settings of the executor.
 */
export function givenShards(options: SelectOptions, choice: ExecutorChoice): ShardsOf {
  const { out, env = {}, reporter = silentReporter, signal, catalog } = options;
  const executor = parseChoice(choice, env, catalog);
  let store: ShardStore | undefined;
  return {
    end: async () => await store?.clear(),
    async begin(run, { workbench, further }) {
      const versions = versionsOfWork(workbench.choice.engine);
      const key = (await findKey(out)) ?? randomUUID();
      await writeKey(out, key);
      const { mixed, store: prefix } = executor.settings;
      const place = prefix && `${prefix.replace(/\/*$/u, '')}/${key}`;
      store = await openShardStore(place ?? join(run.stateDir, 'shards'), { env, signal });
      const plugins = (catalog?.inputs ?? []).map(({ source }) => source);
      const giver = {
        executor,
        program: choice.program,
        run,
        key,
        store,
        place,
        machine: { options: modelOptions(options), plugins, versions, mixed },
        nameOf: (model: Workbench['model']) => (model === workbench.model ? '' : further.nameOf(model)),
        count: (kind: 'forward' | 'backward', batches: number, rows: number) => {
          run.count(kind, batches);
          run.count(`${kind}Rows`, rows);
        },
        reporter,
        signal,
      };
      const { model } = workbench;
      return {
        rows: async (pass) => await giveShards(pass, giver),
        texts: async (pass) => await giveTexts(pass, { ...giver, model }),
      };
    },
  };
}
