import { randomUUID } from 'node:crypto';
import { type RunDirectory, silentReporter } from '@pharmacist/core';
import { type ExecutorChoice, parseChoice } from '../../executor/executor-choice.ts';
import type { FurtherModels } from '../../models/further-models.ts';
import type { Workbench } from '../../models/workbench.ts';
import { versionsOfWork } from '../../versions.ts';
import type { SelectOptions } from '../options.ts';
import type { PoolWork } from '../pool-context.ts';
import { giveShards } from './give-shards.ts';
import { findSelectFile, writeSelectFile } from './select-file.ts';

/** How a selection has its passes made by other processes. */
export interface ShardsOf {
  /** Hears of the run before anything is computed. */
  begin(run: RunDirectory, opened: { readonly workbench: Workbench; readonly further: FurtherModels }): Promise<PoolWork['elsewhere']>;
}

/**
 * The part of the process that was called: it gives passes away and puts them together.
 * @throws {ConfigError} for wrong settings of the executor.
 */
export function givenShards(options: SelectOptions, choice: ExecutorChoice): ShardsOf {
  const { out, env = {}, reporter = silentReporter, signal, catalog } = options;
  const executor = parseChoice(choice, env, catalog);
  return {
    async begin(run, { workbench, further }) {
      const versions = versionsOfWork(workbench.choice.engine);
      const key = (await findSelectFile(out))?.key ?? randomUUID();
      const plugins = (catalog?.inputs ?? []).map(({ source }) => source);
      await writeSelectFile(out, {
        formatVersion: 2,
        key,
        options: modelOptions(options),
        plugins,
        versions,
        mixed: executor.settings.mixed,
      });
      const giver = {
        executor,
        program: choice.program,
        run,
        key,
        versions,
        nameOf: (model: Workbench['model']) => (model === workbench.model ? '' : further.nameOf(model)),
        count: (kind: 'forward' | 'backward', batches: number, rows: number) => {
          run.count(kind, batches);
          run.count(`${kind}Rows`, rows);
        },
        reporter,
        signal,
      };
      return async (pass) => await giveShards(pass, giver);
    },
  };
}

/** What another process needs to open the same model in the same way. */
function modelOptions({ model, engine, numThreads, numDevices, allowLittleMemory, recompute }: SelectOptions) {
  return {
    model,
    ...(engine !== undefined && { engine }),
    ...(numThreads !== undefined && { numThreads }),
    ...(numDevices !== undefined && { numDevices }),
    ...(allowLittleMemory !== undefined && { allowLittleMemory }),
    ...(recompute !== undefined && { recompute }),
  };
}
