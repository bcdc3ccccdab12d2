import { ContractError } from './errors.ts';

/** What a definition is of; `kind` of every definition, and the key that a plugin is read by. */
export type DefinitionKind = 'selector' | 'filter' | 'defense' | 'judge' | 'task' | 'format' | 'engine' | 'executor';

/** What a person calls a definition of each kind. */
export const KIND_WORDS: Readonly<Record<DefinitionKind, string>> = {
  selector: 'method',
  filter: 'filter',
  defense: 'defense',
  judge: 'judge',
  task: 'task',
  format: 'row format',
  engine: 'engine',
  executor: 'executor',
};

/** What a definition of any kind may say. */
export interface Versioned {
  /**
   * A word of one's own that is part of what a run is. Where a definition is passed by value, a run knows it by its text, and text does not tell what functions
   * take from around them: who changes that changes this.
   */
  readonly version?: string | undefined;
}

/** Names stand in paths, in `--set judge.key=value` and in `--filter name:key=value`. */
const NAME = /^[a-z0-9][a-z0-9_-]{0,63}$/i;

/** A property of a definition, and what it must be. */
type Members = Readonly<Record<string, 'function' | 'string' | 'boolean' | 'number' | 'object'>>;

/**
 * Checks what the types say, for definitions that no compiler has seen.
 * @param required properties that must be there. @param optional properties that may be.
 * @returns how messages name it: `method mine`. @throws {ContractError} naming the first property that is missing or of another type.
 */
export function checkDefinition(
  kind: DefinitionKind,
  definition: unknown,
  { required = {}, optional = {} }: { readonly required?: Members; readonly optional?: Members },
): string {
  const word = KIND_WORDS[kind];
  if (definition === null || typeof definition !== 'object') {
    throw new ContractError(`is ${describeValue(definition)}, not an object`, {
      where: word,
      hint: `pass the object that describes the ${word}`,
    });
  }
  const members = definition as Readonly<Record<string, unknown>>;
  const { name } = members;
  if (typeof name !== 'string' || !NAME.test(name)) {
    throw new ContractError(`has the name ${describeValue(name)}`, {
      where: word,
      hint: 'a name is 1 to 64 letters, digits, hyphens and underscores, and begins with a letter or digit',
    });
  }
  const where = `${word} ${name}`;
  const known: Members = { version: 'string', ...optional, ...required };
  for (const [member, type] of Object.entries(known)) {
    const value = members[member];
    if (value === undefined && !(member in required)) continue;
    if (typeof value === type && value !== null) continue;
    throw new ContractError(value === undefined ? `has no ${member}` : `has ${describeValue(value)} for ${member}`, {
      where,
      hint: `${member} must be ${type === 'object' ? 'an' : 'a'} ${type}`,
    });
  }
  for (const member of ['config', 'settings']) {
    const schema = members[member] as { parse?: unknown; safeParse?: unknown } | undefined;
    if (schema === undefined || (typeof schema?.parse === 'function' && typeof schema.safeParse === 'function')) continue;
    throw new ContractError(`has a ${member} that is no schema`, {
      where,
      hint: 'give a zod schema, or leave it out if there are no options',
    });
  }
  return where;
}

/** The same in every copy of this package: a plugin may bring its own. */
const HELD = Symbol.for('@pharmacist/held-to-its-contract');

/** Marks what a `define…` function made. @param written what it was made from. */
export function held<T extends object>(definition: T, written: object): T {
  return Object.defineProperty(definition, HELD, { value: written });
}

/** Whether a `define…` function made it, of this package or of another copy of it. */
export function isHeld(definition: object): boolean {
  return HELD in definition;
}

/**
 * The text of a definition as it was written, its functions included: equal texts are equal methods as far as text tells. What functions take
 * from around them is not in it (`version` may stand for that), nor is the schema of its options, whose values a run keeps.
 */
export function writtenText(definition: object): string {
  const written = (definition as { readonly [HELD]?: object })[HELD] ?? definition;
  const members = Object.entries(written).filter(([name]) => name !== 'config');
  return members
    .map(([name, value]) => `${name}: ${typeof value === 'function' ? String(value) : (JSON.stringify(value) ?? '')}`)
    .join('\n');
}

/** A value in a few words, for messages: `NaN`, `"text"`, `an array of 3`. */
export function describeValue(value: unknown): string {
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (ArrayBuffer.isView(value)) return `a ${value.constructor.name}`;
  if (typeof value === 'string') return value.length > 40 ? `"${value.slice(0, 40)}…"` : `"${value}"`;
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'symbol') return 'a symbol';
  if (typeof value === 'object' && value !== null) return value instanceof Promise ? 'a promise' : 'an object';
  return String(value);
}
