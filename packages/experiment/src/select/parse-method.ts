import { ConfigError, didYouMean } from '@pharmacist/core';
import { type Selector, SELECTORS } from '@pharmacist/selector';
import { z } from 'zod';

/**
 * The method of this name and its options with their defaults.
 * @throws {ConfigError} listing every option that is unknown or has a wrong value.
 */
export function parseMethod(
  name: string,
  options: Readonly<Record<string, unknown>>,
): { selector: Selector; config: Record<string, unknown> } {
  const selector = SELECTORS.get(name);
  const parsed = selector.config.safeParse(options);
  if (parsed.success) return { selector, config: parsed.data as Record<string, unknown> };
  const known = selector.config instanceof z.ZodObject ? Object.keys(selector.config.shape) : [];
  const problems = parsed.error.issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys' ? issue.keys.map((key) => unknownOption(key, known)) : [`${issue.path.join('.')}: ${issue.message}`],
  );
  throw new ConfigError(problems.join('; '), {
    where: `method ${name}`,
    hint: `run \`pharmacist select --help\` for the options of ${name}`,
  });
}

function unknownOption(key: string, known: readonly string[]): string {
  const near = didYouMean(key, known);
  const question = near === undefined ? '' : ` Did you mean "${near}"?`;
  return known.length === 0 ? `"${key}": this method takes no options` : `"${key}" is unknown.${question} Known: ${known.join(', ')}`;
}
