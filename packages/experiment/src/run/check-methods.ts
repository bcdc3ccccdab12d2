import { parseDefense } from '../align/parse-defense.ts';
import { modelDirectory } from '../assets.ts';
import { BUILT_IN, type Catalog } from '../catalog/catalog.ts';
import { type ParsedJudge, parseJudges } from '../evaluate/judges.ts';
import { parseFilters } from '../select/filter-pool.ts';
import { type ParsedMethod, parseMethod } from '../select/parse-method.ts';
import { drawsOwnRows } from '@pharmacist/planted';
import type { RunConfig } from './config-schema.ts';

/** What a configuration names, parsed. */
export interface ParsedMethods {
  readonly selectors: readonly ParsedMethod[];
  readonly judges: readonly ParsedJudge[];
}

/**
 * Names and options of the engine and every method, filter, defense and judge: a mistake in the last one would otherwise end a run after hours.
 * @throws {ConfigError} for the first that is unknown or has wrong options. @throws {ModelError} if a model that a method names is missing.
 */
export async function checkMethods(
  { engine, selection, alignment, evaluation, data }: RunConfig,
  catalog: Catalog = BUILT_IN,
): Promise<ParsedMethods> {
  catalog.engine.get(engine);
  const given = givenRows(data);
  const selectors = selection.methods.map(({ name, options, filters }) => {
    parseFilters(filters ?? [], catalog);
    return parseMethod(name, options, given, catalog);
  });
  for (const { name, options } of alignment?.defenses ?? []) parseDefense(name, options, catalog);
  const judges = parseJudges(evaluation?.judges ?? [], 'evaluation.judges', catalog);
  for (const { selector, config } of selectors) for (const model of selector.models?.(config) ?? []) await modelDirectory(model);
  return { selectors, judges };
}

/** Which rows every selection has beside its pool: those of the configuration, or those that are drawn with the pool. */
export function givenRows({ harmful, validation, pools = [] }: RunConfig['data']): { harmful: boolean; trusted: boolean } {
  const isDrawn = drawsOwnRows(pools);
  return { harmful: harmful !== undefined || isDrawn, trusted: validation !== undefined || isDrawn };
}
