import { type Defense, DEFENSES } from '@pharmacist/defenses';
import { parseOptions } from '../stage/parse-options.ts';

/**
 * The defense of this name and its options with their defaults.
 * @throws {ConfigError} listing every option that is unknown or has a wrong value.
 */
export function parseDefense(
  name: string,
  options: Readonly<Record<string, unknown>>,
): { defense: Defense; config: Record<string, unknown> } {
  const defense = DEFENSES.get(name);
  const hint = `run \`pharmacist methods ${name}\` for its options`;
  return { defense, config: parseOptions(defense.config, options, { where: `defense ${name}`, hint }) };
}
