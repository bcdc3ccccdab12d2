import { ConfigError, silentReporter } from '@pharmacist/core';
import type { StageOptions } from '../../every-stage/options.ts';
import { assertSameVersions } from '../../executor/same-versions.ts';
import { loadPlugins } from '../../plugin/load-plugins.ts';
import { versionsOfWork } from '../../versions.ts';
import { selectWith } from '../select.ts';
import { ShardMade, ShardMaker, type ShardOrder } from './make-shard.ts';
import { readSelectFile } from './select-file.ts';
import type { SelectionPart } from './selection-part.ts';

/**
 * Makes one range of one pass of a selection that divides its passes. What comes before the pass is read from the run's checkpoints; the run itself is
 * only looked into.
 * @throws {ConfigError} before anything is computed if the folder holds no such run, or this machine has other versions than it began with.
 */
export async function runShard(
  order: ShardOrder,
  { out, reporter = silentReporter, signal }: Pick<StageOptions, 'out' | 'reporter' | 'signal'>,
): Promise<void> {
  const { options, plugins, versions, mixed } = await readSelectFile(out);
  const catalog = plugins.length === 0 ? undefined : await loadPlugins(plugins);
  const part: SelectionPart = {
    isJoined: true,
    async begin(run, workbench) {
      assertSameVersions(versions, versionsOfWork(workbench.choice.engine), { mixed, reporter });
      const { elsewhere, count } = new ShardMaker(order, run.stateDir);
      return await Promise.resolve({ elsewhere, count });
    },
  };
  try {
    await selectWith({ ...options, out, catalog, reporter, signal }, { part });
  } catch (error) {
    if (error instanceof ShardMade) return;
    throw error;
  }
  throw new ConfigError(`has no pass "${order.pass}"`, { where: out });
}
