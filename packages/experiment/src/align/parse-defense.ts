import type { Defense } from '@pharmacist/defenses';
import { BUILT_IN, type Catalog } from '../catalog/catalog.ts';
import { parseOptions } from '../every-stage/parse-options.ts';

/**
 * The defense of this name and its options with their defaults.
 * @throws {ConfigError} listing every option that is unknown or has a wrong value.
 */
export function parseDefense(
  name: string,
  options: Readonly<Record<string, unknown>>,
  { defense: defenses }: Pick<Catalog, 'defense'> = BUILT_IN,
): { defense: Defense; config: Record<string, unknown> } {
  const defense = defenses.get(name);
  const hint = `run \`pharmacist methods ${name}\` for its options`;
  return { defense, config: parseOptions(defense.config, options, { where: `defense ${name}`, hint }) };
}
