import { FILTER_CHOICES } from '../choices.ts';
import { checkName } from './check-values.ts';
import { parseSetOptions } from './set-options.ts';

/**
 * `dedupe`, `dedupe:threshold=0.7,numHashes=256` as filters with options; values are read as those of `--set`.
 * @throws {ConfigError} with the nearest name. @throws {UsageError} if an option is not of the form key=value or is given twice.
 */
export async function parseFilterOptions(
  filters: readonly string[],
  plugins?: readonly unknown[],
): Promise<{ name: string; options: Record<string, unknown> }[]> {
  const parsed = [];
  for (const filter of filters) {
    const [name = '', ...rest] = filter.split(':');
    const assignments = rest.length === 0 ? [] : rest.join(':').split(',');
    parsed.push({
      name: await checkName('filter', name, FILTER_CHOICES, plugins),
      options: await parseSetOptions(assignments, `--filter ${name}:`),
    });
  }
  return parsed;
}
