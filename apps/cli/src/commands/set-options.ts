import { UsageError } from '../usage-error.ts';

/**
 * `toxic=init`, `checkpoints=[0,40]` as options of a method: a value that is JSON is read as JSON, a list or
 * mapping without quotes (`methods=[random,dsir]`) as YAML, anything else is text.
 * @param flag names the option in errors.
 * @throws {UsageError} if a part is not of the form key=value or a key is given twice. @throws {ConfigError} if a list or mapping is not YAML.
 */
export async function parseSetOptions(assignments: readonly string[], flag = '--set'): Promise<Record<string, unknown>> {
  const options = new Map<string, unknown>();
  for (const assignment of assignments) {
    const at = assignment.indexOf('=');
    const key = assignment.slice(0, Math.max(at, 0)).trim();
    if (key === '') throw new UsageError(`${flag} "${assignment}" is not of the form key=value`);
    if (options.has(key)) throw new UsageError(`${flag} ${key} is given twice`);
    options.set(key, await parseValue(assignment.slice(at + 1).trim(), `${flag} ${key}`));
  }
  return Object.fromEntries(options);
}

async function parseValue(text: string, where: string): Promise<unknown> {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    if (!/^(\[.*\]|\{.*\})$/su.test(text)) return text;
    const { yamlValue } = await import('@pharmacist/experiment');
    return yamlValue(text, where, 'write a list as [random,dsir], and settings by name as {name: random}');
  }
}
