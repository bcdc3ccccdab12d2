import { ConfigError, unknownName } from '@pharmacist/core';
import { COMPARED_METRICS, type ComparisonPlan } from '@pharmacist/results';
import type { RunConfig } from './config-schema.ts';

/**
 * The reference against every other method, and the oracle against the full set: where even the truth about the rows gains nothing, no
 * selector can.
 * @throws {ConfigError} if the reference is no method of the configuration.
 */
export function planComparisons({ selection, comparison }: Pick<RunConfig, 'selection' | 'comparison'>): ComparisonPlan {
  const labels = selection.methods.map(({ label }) => label);
  const reference = comparison?.reference ?? labels.find((label) => label === 'pharmacist');
  if (reference !== undefined && !labels.includes(reference)) {
    throw new ConfigError(unknownName(reference, labels), { where: 'comparison.reference', hint: 'name a label of selection.methods' });
  }
  const pairs = reference === undefined ? [] : labels.flatMap((label) => (label === reference ? [] : [[reference, label] as const]));
  const bounds = boundsOf(selection);
  const isHeadroomOpen = bounds !== undefined && reference !== bounds.oracle && reference !== bounds.full;
  return { pairs: isHeadroomOpen ? [...pairs, [bounds.oracle, bounds.full]] : pairs, metrics: comparison?.metrics ?? COMPARED_METRICS };
}

/** Labels of the oracle and of the full set, if both are methods of the configuration: what can be gained is the distance between them. */
export function boundsOf({ methods }: RunConfig['selection']): { oracle: string; full: string } | undefined {
  const [oracle, full] = ['oracle', 'full'].map((name) => methods.find((method) => method.name === name)?.label);
  return oracle === undefined || full === undefined ? undefined : { oracle, full };
}
