import { parseExecutor, type ParsedExecutor } from '@pharmacist/distributed';
import { BUILT_IN, type Catalog } from '../catalog/catalog.ts';

/** Who does the work of a run, if not the process that was called. It is no part of what the run is. */
export interface ExecutorChoice {
  readonly name: string;
  readonly settings: Readonly<Record<string, unknown>>;
  /** How this program is called, unless the settings name another way. */
  readonly program: readonly string[];
}

/** @throws {ConfigError} for an unknown executor, wrong settings, and what it lacks. */
export function parseChoice(
  { name, settings }: ExecutorChoice,
  env: Readonly<Record<string, string | undefined>>,
  { executor: executors }: Pick<Catalog, 'executor'> = BUILT_IN,
): ParsedExecutor {
  return parseExecutor(name, settings, { env }, executors);
}
