import { ConfigError } from '@pharmacist/core';
import { Environment, Interpreter, parse, tokenize } from '@huggingface/jinja';
import { isJsonObject, type JsonObject } from './json-file.ts';
import { percentFormat } from './percent-format.ts';
import { strftimeNow } from './template-date.ts';
import { timeFor, withinTime } from './within-time.ts';

/** The longest `range` of the sandbox that transformers renders templates in (`MAX_RANGE` of Jinja). */
const MAX_RANGE = 100_000;

/** Names that no template can spell. */
const FORMAT = 'format filter';
const STRIP = { strip: 'strip method', lstrip: 'lstrip method', rstrip: 'rstrip method' } as const;

const CONSTANTS = { true: true, True: true, false: false, False: false, none: null, None: null };

/** What a template may call. The library's own `strftime_now` reads the clock. */
const FUNCTIONS = {
  strftime_now: strftimeNow,
  range,
  raise_exception: (message: unknown) => {
    throw new Error(String(message));
  },
  [FORMAT]: (text: unknown, ...values: unknown[]) => {
    if (typeof text !== 'string') throw new Error('format is a filter of text');
    const last = values.at(-1);
    return percentFormat(text, values.length === 1 && last instanceof Map ? last : values);
  },
  [STRIP.strip]: (text: unknown, characters: unknown) => stripped(text, characters, { start: true, end: true }),
  [STRIP.lstrip]: (text: unknown, characters: unknown) => stripped(text, characters, { start: true, end: false }),
  [STRIP.rstrip]: (text: unknown, characters: unknown) => stripped(text, characters, { start: false, end: true }),
};

/** A Jinja template of a model: the same text whenever and wherever it is rendered, in bounded time. */
export class ChatTemplate {
  readonly #program: ReturnType<typeof parse>;

  /** @throws {ConfigError} if `source` is no template. */
  constructor(source: string) {
    this.#program = guarded('cannot be parsed', source.length, () => {
      const program = parse(tokenize(source, { lstrip_blocks: true, trim_blocks: true }));
      callOwnFunctions(program);
      return program;
    });
  }

  /** @throws {ConfigError} if the template throws, which is how it refuses a conversation, or takes too long. */
  render(variables: Readonly<Record<string, unknown>>, numCharacters: number): string {
    return guarded('refuses a single user turn', numCharacters, () => {
      const environment = new Environment();
      for (const [name, value] of Object.entries({ ...CONSTANTS, ...FUNCTIONS, ...variables })) environment.set(name, value);
      return String(new Interpreter(environment).run(this.#program).value);
    });
  }
}

function guarded<T>(failure: string, numCharacters: number, work: () => T): T {
  const limit = timeFor(numCharacters);
  const tooSlow = () => chatError(`takes longer than ${(limit / 1000).toFixed(1)} s for one prompt`);
  try {
    return withinTime(limit, work, tooSlow, { alwaysHearsInterrupt: true });
  } catch (error) {
    throw error instanceof Error && error.name !== 'InterruptedError' && !(error instanceof ConfigError)
      ? chatError(`${failure} (${error.message})`, error)
      : error;
  }
}

function chatError(what: string, cause?: unknown): ConfigError {
  return new ConfigError(`the chat template of this model ${what}`, {
    where: 'template',
    hint: 'correct chat_template in tokenizer_config.json, or use another template',
    cause,
  });
}

function range(start: number, stop?: number, step = 1): number[] {
  const [first, end] = stop === undefined ? [0, start] : [start, stop];
  if (step === 0) throw new Error('range() step must not be zero');
  const length = Math.max(0, Math.ceil((end - first) / step));
  if (!(length <= MAX_RANGE)) throw new Error(`range() of ${length} numbers is longer than ${MAX_RANGE}`);
  return Array.from({ length }, (_, i) => first + i * step);
}

/** A text without those of `characters` that it begins or ends with, as Python's `strip` takes them; white space if that is none. */
function stripped(text: unknown, characters: unknown, from: { readonly start: boolean; readonly end: boolean }): string {
  if (typeof text !== 'string') throw new Error('strip is a method of text');
  if (characters != null && typeof characters !== 'string') throw new Error('strip arg must be None or str');
  const isGone = (character: string) => (characters == null ? character.trim() === '' : characters.includes(character));
  const letters = Array.from(text);
  const first = from.start ? letters.findIndex((letter) => !isGone(letter)) : 0;
  const last = from.end ? letters.findLastIndex((letter) => !isGone(letter)) : letters.length - 1;
  return first < 0 ? '' : letters.slice(first, last + 1).join('');
}

/** Turns what the library lacks into calls: the filter `text | format(...)`, and `text.strip(characters)`, whose characters it ignores. */
function callOwnFunctions(node: unknown): void {
  if (Array.isArray(node)) return node.forEach(callOwnFunctions);
  if (node instanceof Map) return [...node].forEach(callOwnFunctions);
  if (!isJsonObject(node)) return;
  Object.values(node).forEach(callOwnFunctions);
  if (node['type'] === 'FilterExpression') callFormat(node);
  if (node['type'] === 'CallExpression') callStrip(node);
}

function callFormat(node: JsonObject): void {
  const { operand, filter } = node;
  if (!isJsonObject(filter)) return;
  const callee = filter['type'] === 'CallExpression' ? filter['callee'] : filter;
  if (!isJsonObject(callee) || callee['type'] !== 'Identifier' || callee['value'] !== 'format') return;
  const args = filter === callee ? [] : filter['args'];
  Object.assign(node, {
    type: 'CallExpression',
    callee: { ...callee, value: FORMAT },
    args: [operand, ...(Array.isArray(args) ? args : [])],
  });
}

function callStrip(node: JsonObject): void {
  const { callee, args } = node;
  if (!isJsonObject(callee) || callee['type'] !== 'MemberExpression' || !Array.isArray(args) || args.length === 0) return;
  const { object, property } = callee;
  const name = isJsonObject(property) && property['type'] === 'Identifier' ? property['value'] : undefined;
  if (name !== 'strip' && name !== 'lstrip' && name !== 'rstrip') return;
  Object.assign(node, { callee: { ...(property as JsonObject), value: STRIP[name] }, args: [object, ...args] });
}
