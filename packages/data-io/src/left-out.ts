import type { ResolvedFields } from './resolve-fields.ts';

/** A field that looks like a part of the prompt and is not used as one. */
export interface LeftOutField {
  field: string;
  /** Rows in which it holds something. */
  numRows: number;
}

/** What looks like part of the prompts of a file and is left out of them. */
export interface LeftOut {
  fields: LeftOutField[];
  /** How to join it; undefined if there is none. */
  hint: string | undefined;
}

/** What a prompt was made of, as `resolveFields` says. */
type Used = Pick<ResolvedFields, 'used' | 'promptFields'>;

/** Words of field names that hold what is asked, or what it is about. */
const PROMPT_WORDS = new Set(
  (
    'prompt prompts instruction instructions question query request task input inputs context contexts system history passage paragraph document ' +
    'documents article text body content background story premise hypothesis choices options dialogue dialog conversation conversations messages ' +
    'turns knowledge facts evidence persona scenario demonstrations examples tools functions'
  ).split(' '),
);

/** Words that make a name one of an answer or of a fact about the row: `prompt_id`, `input_tokens`, `question_type`, `output_text`. */
const OTHER_WORDS = new Set(
  (
    'id ids uid idx index type kind category categories class label labels tag tags topic source origin lang language url link hash sha md5 date time ' +
    'length len num number count tokens score scores rating rank reward hate toxicity prob probability is has split version model name title file ' +
    'path response responses answer answers output outputs completion refusal chosen rejected reply target summary solution rationale explanation'
  ).split(' '),
);

/** Counts fields that look like parts of the prompt and are left out of it; names decide, and that there is something in them. */
export class LeftOutTally {
  readonly #isLikely = new Map<string, boolean>();
  readonly #numRows = new Map<string, number>();
  #promptFields: readonly string[] = [];
  #isText = true;

  /** @param idField of the map, or the customary one. */
  add(record: Readonly<Record<string, unknown>>, { used, promptFields }: Used, idField = 'id'): void {
    for (const name of Object.keys(record)) {
      let isLikely = this.#isLikely.get(name);
      if (isLikely === undefined) this.#isLikely.set(name, (isLikely = looksLikePrompt(name)));
      if (!isLikely || name === idField || used.includes(name) || !holdsText(record[name])) continue;
      this.#numRows.set(name, (this.#numRows.get(name) ?? 0) + 1);
      this.#promptFields = promptFields;
      this.#isText &&= [name, ...promptFields].every((field) => typeof record[field] === 'string');
    }
  }

  /** In the order in which they were met. */
  summary(): LeftOut {
    const fields = [...this.#numRows].map(([field, numRows]) => ({ field, numRows }));
    if (fields.length === 0) return { fields, hint: undefined };
    const names = [...fields.map(({ field }) => field), ...this.#promptFields];
    // A map joins texts; the turns of a conversation are no text.
    const isJoinable = this.#isText && this.#promptFields.length > 0 && names.every((name) => !/[,+=]/.test(name));
    const hint = isJoinable
      ? `if answers depend on it, join it: --map prompt=${names.join('+')}, or write it into the prompts`
      : 'if answers depend on it, write it into the prompts or turns of the rows';
    return { fields, hint };
  }
}

/** Whether a field's name says that it holds what is asked, or what it is about. */
export function looksLikePrompt(name: string): boolean {
  const words = name
    .replaceAll(/(\p{Ll})(\p{Lu})/gu, '$1 $2')
    .toLowerCase()
    .split(/[^\p{L}]+/u);
  return words.some((word) => PROMPT_WORDS.has(word)) && !words.some((word) => OTHER_WORDS.has(word));
}

/** Text, or a list or object that may hold some; numbers and truth values are facts about a row. */
function holdsText(value: unknown): boolean {
  if (typeof value === 'string') return value.trim() !== '';
  if (Array.isArray(value)) return value.length > 0;
  return value !== null && typeof value === 'object' && Object.keys(value).length > 0;
}
