import { ConfigError, didYouMean, readText } from '@pharmacist/core';
import type { z } from 'zod';
import { settingProblem } from '../every-stage/setting-problem.ts';
import { loraSchema } from '../train/settings.ts';
import { evaluationSettings, type RunConfig, runConfigSchema } from './config-schema.ts';
import { yamlValue } from './yaml-value.ts';

const MAX_LISTED = 20;

/** A setting that replaces one of the file's: path of keys, and value. */
export interface Override {
  readonly path: readonly string[];
  readonly value: unknown;
}

/**
 * Reads the configuration of a run.
 * @param overrides replace or add single settings before anything is checked.
 * @throws {ConfigError} with the line of a syntax error, or listing every setting that is unknown or has a wrong value.
 */
export async function readRunConfig(path: string, overrides: readonly Override[] = []): Promise<RunConfig> {
  return parseRunConfig(await readText(path), path, overrides);
}

/** The same from text; `where` names it in messages. */
export function parseRunConfig(text: string, where: string, overrides: readonly Override[] = []): RunConfig {
  const value = yamlValue(text, where);
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    throw new ConfigError('is not a configuration', { where, hint: 'write keys and values; configs/small.yaml is an example' });
  }
  for (const override of overrides) apply(value as Record<string, unknown>, override);
  const parsed = runConfigSchema.safeParse(value, { error: settingProblem });
  if (parsed.success) return withDefaults(parsed.data);
  const problems = parsed.error.issues.flatMap((issue) => describe(issue));
  const listed = problems.slice(0, MAX_LISTED);
  if (problems.length > listed.length) listed.push(`and ${problems.length - listed.length} more`);
  throw new ConfigError(problems.length === 1 ? problems[0]! : `has ${problems.length} mistakes:\n  ${listed.join('\n  ')}`, {
    where,
    hint: 'correct these settings; configs/small.yaml is a commented example',
  });
}

/** Of what there is only beside something else: an evaluation after an alignment, and an adapter's size where the attack makes one. */
function withDefaults(config: RunConfig): RunConfig {
  const { alignment, attack, evaluation } = config;
  return {
    ...config,
    ...(attack?.loraMode === 'double' && { attack: { ...attack, lora: attack.lora ?? loraSchema.parse({}) } }),
    ...(alignment !== undefined && { evaluation: evaluation ?? evaluationSettings.parse({}) }),
  };
}

function apply(config: Record<string, unknown>, { path, value }: Override): void {
  let place = config;
  for (const [i, key] of path.slice(0, -1).entries()) {
    const next = Object.hasOwn(place, key) ? place[key] : undefined;
    if (next !== undefined && (next === null || typeof next !== 'object' || Array.isArray(next))) {
      throw new ConfigError(`${path.slice(0, i + 1).join('.')} holds a value, not settings`, {
        where: `--set ${path.join('.')}`,
        hint: 'give the path of a setting',
      });
    }
    const child = (next as Record<string, unknown> | undefined) ?? {};
    setOwn(place, key, child);
    place = child;
  }
  setOwn(place, path.at(-1)!, value);
}

/** A plain data member whatever the key is, `__proto__` included. */
function setOwn(place: Record<string, unknown>, key: string, value: unknown): void {
  Object.defineProperty(place, key, { value, writable: true, enumerable: true, configurable: true });
}

function describe(issue: z.core.$ZodIssue): string[] {
  const path = issue.path.join('.');
  if (issue.code !== 'unrecognized_keys') return [`${path === '' ? 'the file' : path}: ${issue.message}`];
  const known = keysAt(issue.path);
  return issue.keys.map((key) => {
    const near = didYouMean(key, known);
    return `${[...issue.path, key].join('.')} is unknown${near === undefined ? '' : `. Did you mean "${near}"?`}`;
  });
}

/** Keys that the schema knows at a path of objects. */
function keysAt(path: readonly PropertyKey[]): string[] {
  let schema: unknown = runConfigSchema;
  for (const key of path) schema = shapeOf(schema)?.[String(key)];
  return Object.keys(shapeOf(schema) ?? {});
}

function shapeOf(schema: unknown): Readonly<Record<string, unknown>> | undefined {
  let inner = schema as { shape?: Record<string, unknown>; unwrap?: () => unknown } | undefined;
  while (inner !== undefined && inner.shape === undefined && inner.unwrap !== undefined) inner = inner.unwrap() as typeof inner;
  return inner?.shape;
}
