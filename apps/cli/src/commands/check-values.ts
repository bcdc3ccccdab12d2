import type { Options } from 'yargs';
import { UsageError } from '../usage-error.ts';

/**
 * What the parser lets pass: an option given twice (it would become a list), a number that is none, an empty text.
 * @throws {UsageError} naming the option.
 */
export function checkValues(values: Readonly<Record<string, unknown>>, options: Readonly<Record<string, Options>>): void {
  for (const [name, { type }] of Object.entries(options)) {
    const value = values[name];
    if (Array.isArray(value) && type !== 'array') throw new UsageError(`--${name} is given ${value.length} times`);
    if (type === 'number' && Number.isNaN(value)) throw new UsageError(`--${name} takes a number`);
    if (value === '' || (Array.isArray(value) && value.includes(''))) throw new UsageError(`--${name} is empty`);
  }
}

/**
 * The parser makes 0 of a number that is given as an empty text, as `--poison-ratio=$P` is where P is unset: the words tell.
 * @param optionSets options of the commands. @throws {UsageError} naming the option.
 */
export function checkNumbersAreGiven(words: readonly string[], optionSets: readonly Readonly<Record<string, Options>>[]): void {
  const isNumber = (name: string) => optionSets.some((options) => options[name]?.type === 'number');
  for (const [i, word] of words.entries()) {
    const [, name, value = words[i + 1]] = /^--([^=]+)(?:=(.*))?$/su.exec(word) ?? [];
    if (name !== undefined && value?.trim() === '' && isNumber(name)) throw new UsageError(`--${name} is empty`);
  }
}

/** @throws {UsageError} unless `value` is a whole number of at least `least`. */
export function checkWhole(name: string, value: number | undefined, least: number): void {
  if (value === undefined || (Number.isSafeInteger(value) && value >= least)) return;
  // What was typed is not known here, and a number beyond the limit stands for others too.
  if (value > Number.MAX_SAFE_INTEGER) throw new UsageError(`--${name} takes a whole number up to ${Number.MAX_SAFE_INTEGER} (2^53 - 1)`);
  throw new UsageError(`--${name} takes a whole number from ${least} on, not ${value}`);
}

/** `value` as one of `choices`. @throws {ConfigError} with the nearest choice and all there are. */
export async function checkChoice<C extends string>(name: string, value: string, choices: readonly C[]): Promise<C> {
  const choice = choices.find((candidate) => candidate === value);
  if (choice !== undefined) return choice;
  const { ConfigError, unknownName } = await import('@pharmacist/core');
  throw new ConfigError(unknownName(value, choices), { where: `--${name}` });
}

/** The same for names that plugins may add to: with plugins, whoever looks the name up has the last word. */
export async function checkName(
  name: string,
  value: string,
  choices: readonly string[],
  plugins: readonly unknown[] | undefined,
): Promise<string> {
  return plugins === undefined ? await checkChoice(name, value, choices) : value;
}

/** The value of --keep. @throws {UsageError} if it is neither a number nor `auto`. */
export function parseKeep(value: string): number | 'auto' {
  if (value === 'auto') return value;
  const share = Number(value);
  if (Number.isNaN(share)) throw new UsageError('--keep takes a number, or auto');
  return share;
}
