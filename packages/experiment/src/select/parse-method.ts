import { ConfigError } from '@pharmacist/core';
import { type NeededRows, type Selector, SELECTORS } from '@pharmacist/selector';
import { parseOptions } from '../stage/parse-options.ts';

export interface ParsedMethod {
  readonly selector: Selector;
  readonly config: Record<string, unknown>;
}

/** Where rows that a method needs come from: the option of the command line, and of a run's configuration. */
const SOURCES: Readonly<Record<NeededRows, { what: string; hint: string }>> = {
  harmful: { what: 'harmful rows', hint: 'add --harmful FILE (data.harmful in a configuration): harmful prompts with harmful answers' },
  trusted: { what: 'trusted rows', hint: 'add --validation FILE (data.validation in a configuration): harmful prompts with safe answers' },
};

/**
 * The method of this name and its options with their defaults.
 * @param given which rows there are beside the pool.
 * @throws {ConfigError} listing every option that is unknown or has a wrong value, and for rows that the method needs and that are not given.
 */
export function parseMethod(
  name: string,
  options: Readonly<Record<string, unknown>>,
  given: Readonly<Record<NeededRows, boolean>>,
): ParsedMethod {
  const selector = SELECTORS.get(name);
  const hint = `run \`pharmacist select --help\` for the options of ${name}`;
  const config = parseOptions(selector.config, options, { where: `method ${name}`, hint });
  for (const rows of selector.needs?.(config) ?? []) {
    if (!given[rows])
      throw new ConfigError(`needs ${SOURCES[rows].what}, and none are given`, { where: `method ${name}`, hint: SOURCES[rows].hint });
  }
  return { selector, config };
}
