import { EXECUTOR_CHOICES } from '../choices.ts';
import { UsageError } from '../usage-error.ts';
import { checkName } from './check-values.ts';
import { parseSetOptions } from './set-options.ts';
import { list, text } from './shared-options.ts';

/** Who does the work; no part of what a run is. */
export const executorOptions = {
  executor: text(
    `who makes the steps of a grid, or the parts of a pass over the pool: ${EXECUTOR_CHOICES.join(', ')}; this process if left out. No part of what a run is: it may go on with another`,
  ),
  'executor-set': list('settings of the executor, key=value, for instance parallel=8 gpus=1; may be repeated'),
} as const;

interface ExecutorValues {
  readonly executor?: string | undefined;
  readonly 'executor-set'?: readonly unknown[] | undefined;
  /** Plugins, which may bring executors. */
  readonly plugin?: readonly (string | number)[] | undefined;
}

/** The executor that was asked for with its settings. @throws {UsageError | ConfigError} naming the option. */
export async function executorOf(values: ExecutorValues): Promise<{ name: string; settings: Record<string, unknown> } | undefined> {
  const given = (values['executor-set'] ?? []).map(String);
  if (values.executor === undefined) {
    if (given.length > 0) throw new UsageError('--executor-set goes with --executor');
    return undefined;
  }
  const name = await checkName('executor', values.executor, EXECUTOR_CHOICES, values.plugin);
  return { name, settings: await parseSetOptions(given, '--executor-set') };
}

/** Whether what this executor runs goes on without this process. */
export function isElsewhere(name: string | undefined): boolean {
  return name !== undefined && name !== 'local';
}

/** What the first Ctrl-C is answered then. */
export const LEAVING = 'stopping (once more leaves the cluster at work)';
