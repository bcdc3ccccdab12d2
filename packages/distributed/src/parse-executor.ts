import { ConfigError, type Registry, unknownName } from '@pharmacist/core';
import type { z } from 'zod';
import type { CommonSettings, Executor, ExecutorContext, ExecutorMaker } from './executor.ts';
import { EXECUTORS } from './registry.ts';

export interface ParsedExecutor {
  readonly executor: Executor;
  readonly settings: CommonSettings;
}

/**
 * The executor of this name with its settings.
 * @throws {ConfigError} for an unknown name, listing every setting that is unknown or has a wrong value, and for what the surroundings lack.
 */
export function parseExecutor(
  name: string,
  given: Readonly<Record<string, unknown>>,
  context: ExecutorContext,
  executors: Registry<ExecutorMaker> = EXECUTORS,
): ParsedExecutor {
  const definition = executors.get(name);
  const parsed = definition.settings.safeParse(given);
  if (!parsed.success) {
    throw new ConfigError(parsed.error.issues.map((issue) => describe(issue, definition.settings)).join('\n'), {
      where: `executor ${name}`,
      hint: 'settings are given with --executor-set key=value; docs/scale-out.md lists them',
    });
  }
  return { executor: definition.create(parsed.data, context), settings: parsed.data };
}

function describe(issue: z.core.$ZodIssue, settings: z.ZodType): string {
  if (issue.code !== 'unrecognized_keys') return `${issue.path.join('.') || 'the settings'}: ${issue.message}`;
  const known = 'shape' in settings ? Object.keys(settings.shape as object) : [];
  return issue.keys.map((key) => unknownName(key, known)).join('\n');
}
