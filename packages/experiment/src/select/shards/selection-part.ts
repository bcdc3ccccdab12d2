import type { RunDirectory } from '@pharmacist/core';
import type { Workbench } from '../../models/workbench.ts';
import type { PoolWork } from '../pool-context.ts';

/** How a selection takes part in passes that are divided among processes. */
export interface SelectionPart {
  /** Whether another process has the run open. */
  readonly isJoined: boolean;
  /** Hears of the run before anything is computed. @throws {ConfigError} if this machine may not take part. */
  begin(run: RunDirectory, workbench: Workbench): Promise<NonNullable<PoolWork['shards']>>;
}
