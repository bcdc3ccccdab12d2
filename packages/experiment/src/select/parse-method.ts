import { ConfigError } from '@pharmacist/core';
import type { Needed, Selector } from '@pharmacist/selector';
import { BUILT_IN, type Catalog } from '../catalog/catalog.ts';
import { parseOptions } from '../every-stage/parse-options.ts';

export interface ParsedMethod {
  readonly selector: Selector;
  readonly config: Record<string, unknown>;
}

/** Which of the things that a method may need there are; undefined: not known yet. */
export type Given = Readonly<Partial<Record<Needed, boolean>>>;

/** What to say when something is missing: the option of the command line, and of a run's configuration. */
const MISSING: Readonly<Record<Needed, { problem: string; hint: string }>> = {
  harmful: {
    problem: 'needs harmful rows, and none are given',
    hint: 'add --harmful FILE (data.harmful in a configuration): harmful prompts with harmful answers',
  },
  trusted: {
    problem: 'needs trusted rows, and none are given',
    hint: 'add --validation FILE (data.validation in a configuration): harmful prompts with safe answers',
  },
  kinds: {
    problem: 'needs to know of what kind every alignment row is, and there are rows without a field "kind"',
    hint: 'it is for planted pools, whose rows say "kind": "good" or what is wrong with them; data.pools in a configuration draws some',
  },
};

/**
 * The method of this name and its options with their defaults.
 * @throws {ConfigError} listing every option that is unknown or has a wrong value, and for what the method needs and is not given.
 */
export function parseMethod(
  name: string,
  options: Readonly<Record<string, unknown>>,
  given: Given,
  { selector: selectors }: Pick<Catalog, 'selector'> = BUILT_IN,
): ParsedMethod {
  const selector = selectors.get(name);
  const hint = `run \`pharmacist methods ${name}\` for its options`;
  const config = parseOptions(selector.config, options, { where: `method ${name}`, hint, moved: selector.movedOptions });
  checkNeeds({ selector, config }, given);
  return { selector, config };
}

/** @throws {ConfigError} for what the method needs and is not given. */
export function checkNeeds({ selector, config }: ParsedMethod, given: Given): void {
  for (const needed of selector.needs?.(config) ?? []) {
    if (given[needed] !== false) continue;
    const { problem, hint } = MISSING[needed];
    throw new ConfigError(problem, { where: `method ${selector.name}`, hint });
  }
}

/** Whether the rows say of what kind they are. */
export function haveKinds(kinds: readonly unknown[]): boolean {
  return kinds.every((kind) => typeof kind === 'string');
}
