import { bilevelConfig } from './config.ts';

/** Options that had other names, by the old one. */
const NEW_NAMES: Readonly<Record<string, string>> = {
  signals: 'influences (validation, pool, contrast in place of a, b, c)',
  lexicalWeight: 'wordWeight',
  mu: 'harmfulWeight',
};

/** What bilevel says of an option under its old name; of the form of `Selector.movedOptions`. */
export const renamedOptions: ReadonlyMap<string, string> = new Map(
  Object.entries(NEW_NAMES).map(([old, name]) => [old, `is called ${name} now`]),
);

/**
 * What the method `pharmacist` says of every option of bilevel, which had its name before: those that it takes itself never come to it.
 * Of the form of `Selector.movedOptions`.
 */
export const movedOptions: ReadonlyMap<string, string> = new Map([
  ...Object.keys(bilevelConfig.shape).map((name) => [name, 'is an option of the method bilevel'] as const),
  ...Object.entries(NEW_NAMES).map(([old, name]) => [old, `is an option of the method bilevel, called ${name} there`] as const),
]);
