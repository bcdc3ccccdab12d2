import { ConfigError, InternalError } from './errors.ts';
import { unknownName } from './suggest.ts';

/** Named definitions of one kind, in the order in which they were listed. */
export interface Registry<D extends { readonly name: string }> {
  readonly kind: string;
  readonly names: readonly D['name'][];
  /** @throws {ConfigError} naming what exists and the nearest name. */
  get(name: string): D;
  has(name: string): name is D['name'];
  /** The same with further definitions behind its own. @throws {ConfigError} if one has a name that is taken. */
  with(further: readonly D[]): Registry<D>;
  [Symbol.iterator](): IterableIterator<D>;
}

/**
 * The one registry mechanism: an explicit list, so that adding a method is one file and one word, and nothing registers by import order.
 * @throws {InternalError} if two definitions share a name.
 */
export function defineRegistry<D extends { readonly name: string }>(kind: string, definitions: readonly D[]): Registry<D> {
  const byName = new Map<string, D>();
  for (const definition of definitions) {
    if (byName.has(definition.name)) throw new InternalError(`two definitions of the ${kind} "${definition.name}"`);
    byName.set(definition.name, definition);
  }
  const names = [...byName.keys()];
  return {
    kind,
    names,
    get(name) {
      const definition = byName.get(name);
      if (definition === undefined) throw new ConfigError(unknownName(name, names), { where: kind });
      return definition;
    },
    has: (name): name is D['name'] => byName.has(name),
    with(further) {
      const taken = new Set<string>(names);
      for (const { name } of further) {
        if (taken.has(name)) {
          const whose = byName.has(name) ? 'there is one of this name already' : 'two have this name';
          throw new ConfigError(`"${name}" cannot be added: ${whose}`, { where: kind, hint: 'give it another name' });
        }
        taken.add(name);
      }
      return defineRegistry(kind, [...definitions, ...further]);
    },
    [Symbol.iterator]: () => byName.values(),
  };
}
