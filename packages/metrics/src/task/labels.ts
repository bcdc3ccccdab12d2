import { ConfigError, DataError } from '@pharmacist/core';

/** The classes of a task, trimmed. @throws {ConfigError} if they are fewer than two, or two differ in upper and lower case alone. */
export function checkLabels(labels: readonly string[], name: string): readonly string[] {
  const trimmed = labels.map((label) => label.trim());
  const distinct = new Set(trimmed.map((label) => label.toLowerCase()));
  if (distinct.size < 2 || distinct.size < labels.length || distinct.has('')) {
    throw new ConfigError(`labels [${labels.join(', ')}] are not at least two different names`, {
      where: `labels of the task ${name}`,
      hint: 'give every class one name, without regard to upper and lower case',
    });
  }
  return trimmed;
}

/** A row's label in the task's own spelling, from any capitalisation or from its number. @throws {DataError} if it is none of the task. */
export function labelOf(reference: string, labels: readonly string[], name: string): string {
  const wanted = reference.trim();
  const found =
    labels.find((label) => label.toLowerCase() === wanted.toLowerCase()) ?? (/^\d+$/.test(wanted) ? labels[Number(wanted)] : undefined);
  if (found === undefined) {
    throw new DataError(`"${wanted.slice(0, 60)}" is no label of the task ${name}; its labels: ${labels.join(', ')}`, {
      where: `task ${name}`,
      hint: 'name your own labels, or leave such rows out',
    });
  }
  return found;
}
