import { type DefinitionKind, KIND_WORDS, sha256, writtenText } from '@pharmacist/core';
import {
  asDefinitionOf,
  type Catalog,
  type Definition,
  type DefinitionOf,
  withDefinitions,
  type WrittenDefinition,
} from '@pharmacist/experiment';

/** A definition of one's own: what a `define…` function made, or the object that it would be given. */
export type OwnDefinition<K extends DefinitionKind> = DefinitionOf[K] | WrittenDefinition[K];
/** A name, or a definition of one's own. */
export type NameOr<K extends DefinitionKind> = string | OwnDefinition<K>;

/** Names and definitions that a caller chose: definitions are added to the catalog, and stand under their names from there on. */
export class Chosen {
  #catalog: Catalog;
  readonly #added = new Map<object, Definition>();

  constructor(catalog: Catalog) {
    this.#catalog = catalog;
  }

  get catalog(): Catalog {
    return this.#catalog;
  }

  /** The name of what was chosen. @throws {ContractError} if a definition is wrong. @throws {ConfigError} if its name is taken by another. */
  nameOf<K extends DefinitionKind>(kind: K, chosen: NameOr<K>): string {
    return typeof chosen === 'string' ? chosen : this.add(kind, chosen);
  }

  /** @returns the definition's name. Errors as above. */
  add<K extends DefinitionKind>(kind: K, chosen: OwnDefinition<K>): string {
    const known = this.#added.get(chosen);
    if (known !== undefined) return known.name;
    const definition: Definition = asDefinitionOf(kind, chosen);
    // One that is built in may be passed itself.
    const taken = this.#catalog[kind].has(definition.name) && this.#catalog[kind].get(definition.name) === definition;
    if (!taken) {
      const input = { role: 'definition', source: `${KIND_WORDS[kind]} ${definition.name}`, sha256: sha256(writtenText(definition)) };
      // Who does the work is no part of what a run is.
      this.#catalog = withDefinitions(this.#catalog, [definition], kind === 'executor' ? [] : [input]);
    }
    this.#added.set(chosen, definition);
    return definition.name;
  }
}
