import type { Reporter } from '@pharmacist/core';
import type { Catalog } from '@pharmacist/experiment';
import { withInterrupt } from '../interrupt.ts';
import { createReporter } from '../ui/reporter.ts';

/** What a stage is given by every command. */
export interface StageSurroundings {
  /** What is built in, and what plugins bring. */
  readonly catalog: Catalog | undefined;
  readonly reporter: Reporter;
  readonly signal: AbortSignal;
}

const STOPPING = 'stopping after the step at work (once more stops at once)';

interface StageSettings {
  readonly quiet?: boolean | undefined;
  readonly plugin?: readonly (string | number)[] | undefined;
  /** What is said to the first Ctrl-C. */
  readonly stopping?: string | undefined;
}

/** Runs a stage with progress on standard error; SIGINT stops it in good order. Returns its result with the warnings that were given. @throws {PharmacistError} if a plugin cannot be loaded. */
export async function runStage<T extends object>(
  { quiet = false, plugin, stopping = STOPPING }: StageSettings,
  stage: (surroundings: StageSurroundings) => Promise<T>,
): Promise<T & { warnings: string[] }> {
  const catalog = plugin === undefined ? undefined : await (await import('@pharmacist/experiment')).loadPlugins(plugin.map(String));
  const reporter = await createReporter({ quiet });
  const warnings: string[] = [];
  const heard: Reporter = {
    warn: (message) => {
      warnings.push(message);
      reporter.warn(message);
    },
    info: (message) => reporter.info(message),
    progress: (event) => reporter.progress(event),
  };
  try {
    const result = await withInterrupt(
      async (signal) => await stage({ catalog, reporter: heard, signal }),
      () => reporter.warn(stopping),
    );
    return { ...result, warnings };
  } finally {
    reporter.close();
  }
}
