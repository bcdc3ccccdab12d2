import { UsageError } from '../usage-error.ts';

/**
 * `toxic=init`, `checkpoints=[0,40]` as options of a method: a value that is JSON is read as JSON, anything else is text.
 * @param flag names the option in errors.
 * @throws {UsageError} if a part is not of the form key=value or a key is given twice.
 */
export function parseSetOptions(assignments: readonly string[], flag = '--set'): Record<string, unknown> {
  const options = new Map<string, unknown>();
  for (const assignment of assignments) {
    const at = assignment.indexOf('=');
    const key = assignment.slice(0, Math.max(at, 0)).trim();
    if (key === '') throw new UsageError(`${flag} "${assignment}" is not of the form key=value`);
    if (options.has(key)) throw new UsageError(`${flag} ${key} is given twice`);
    options.set(key, parseValue(assignment.slice(at + 1).trim()));
  }
  return Object.fromEntries(options);
}

function parseValue(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
