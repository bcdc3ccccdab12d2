import { ConfigError, didYouMean } from '@pharmacist/core';
import { z, type ZodType } from 'zod';
import { settingProblem } from './setting-problem.ts';

/**
 * Options of a method with their defaults.
 * @param where names the method: "method pharmacist", "defense vaccine". @param moved what to say of options that are elsewhere, or have another name.
 * @throws {ConfigError} listing every option that is unknown or has a wrong value.
 */
export function parseOptions(
  config: ZodType,
  options: Readonly<Record<string, unknown>>,
  { where, hint, moved }: { where: string; hint: string; moved?: ReadonlyMap<string, string> | undefined },
): Record<string, unknown> {
  const parsed = config.safeParse(options, { error: settingProblem });
  if (parsed.success) return parsed.data as Record<string, unknown>;
  const known = config instanceof z.ZodObject ? Object.keys(config.shape) : [];
  const problems = parsed.error.issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => unknownOption(key, known, moved?.get(key)))
      : [`${issue.path.join('.')}: ${issue.message}`],
  );
  throw new ConfigError(problems.join('; '), { where, hint });
}

function unknownOption(key: string, known: readonly string[], wentWhere: string | undefined): string {
  if (wentWhere !== undefined) return `"${key}" ${wentWhere}`;
  const near = didYouMean(key, known);
  const question = near === undefined ? '' : ` Did you mean "${near}"?`;
  return known.length === 0 ? `"${key}": this method takes no options` : `"${key}" is unknown.${question} Known: ${known.join(', ')}`;
}
