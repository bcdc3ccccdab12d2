import { ConfigError, type RunInput } from '@pharmacist/core';
import type { Judge, JudgeContext } from '@pharmacist/metrics';
import { BUILT_IN, type Catalog } from '../catalog/catalog.ts';
import { parseOptions } from '../every-stage/parse-options.ts';
import type { JudgeChoice } from './options.ts';

/** A judge's name, and its options with their defaults. */
export interface ParsedJudge {
  readonly name: string;
  readonly options: Record<string, unknown>;
}

/** Where judges are looked up. */
type JudgesOf = Pick<Catalog, 'judge'>;

/**
 * Judges with their options checked; none is made yet.
 * @param where names the setting in messages. @throws {ConfigError} for a judge that is unknown or named twice, or listing its wrong options.
 */
export function parseJudges(choices: readonly JudgeChoice[], where: string, { judge: judges }: JudgesOf = BUILT_IN): ParsedJudge[] {
  const names = choices.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new ConfigError(`the judge "${twice}" is named twice`, { where, hint: 'name it once' });
  return choices.map(({ name, options = {} }) => {
    const hint = `run \`pharmacist methods ${name}\` for its options`;
    return { name, options: parseOptions(judges.get(name).config, options, { where: `judge ${name}`, hint }) };
  });
}

/**
 * Judges as they are part of what a run is: without options that no verdict depends on, so that a run that stopped at a ceiling or before a
 * slow endpoint goes on with a higher one or more patience.
 */
export function withoutEffort<T extends ParsedJudge>(choices: readonly T[], { judge: judges }: JudgesOf = BUILT_IN): T[] {
  return choices.map((choice) => {
    const effort = new Set(judges.get(choice.name).effort);
    return { ...choice, options: Object.fromEntries(Object.entries(choice.options).filter(([key]) => !effort.has(key))) };
  });
}

/** For a run's record: the models that judge, since what they hold is part of what the scores follow from. */
export function judgeModels(judges: readonly Judge[]): RunInput[] {
  return judges.flatMap(({ model }) => (model === undefined ? [] : [{ role: 'judge model', ...model }]));
}

/**
 * Runs `work` with judges that are made for it and given up after it.
 * @throws {PharmacistError} if one cannot be made: its model is missing or damaged, or there is no key in the environment.
 */
export async function withJudges<T>(
  choices: readonly ParsedJudge[],
  context: JudgeContext,
  work: (judges: readonly Judge[]) => Promise<T>,
  { judge: makers }: JudgesOf = BUILT_IN,
): Promise<T> {
  const judges: Judge[] = [];
  try {
    for (const { name, options } of choices) judges.push(await makers.get(name).create(options, context));
    return await work(judges);
  } finally {
    for (const judge of judges) await judge.dispose?.();
  }
}
