import { isJsonObject } from './json-file.ts';

/** A token that is looked for in the text before the model sees it. */
export interface AddedToken {
  readonly id: number;
  readonly content: string;
  readonly isSpecial: boolean;
  /** Only where no letter, digit or underscore is next to it. */
  readonly isSingleWord: boolean;
  /** Takes the white space on its left, or on its right, with it. */
  readonly stripsLeft: boolean;
  readonly stripsRight: boolean;
  /** Looked for in the normalised text, not in the text as it is. */
  readonly isNormalized: boolean;
}

/** A stretch of text: a token, or text between tokens. */
export interface Section {
  readonly text: string;
  readonly token: AddedToken | undefined;
  /** UTF-16 offset. */
  readonly start: number;
}

interface Node {
  readonly next: Map<string, Node>;
  token?: AddedToken;
}

/** The tokens of `added_tokens` of a tokenizer.json, if it has any. @throws Error if one has no text or no id. */
export function addedTokens(list: unknown): AddedToken[] {
  return (Array.isArray(list) ? list : []).map((token: unknown) => {
    const { id, content, special, normalized, ...options } = isJsonObject(token) ? token : {};
    if (typeof content !== 'string' || typeof id !== 'number' || !Number.isInteger(id) || id < 0) {
      throw new Error(`its added token ${JSON.stringify(token)} has no text or no id`);
    }
    return {
      id,
      content,
      isSpecial: special === true,
      isSingleWord: options['single_word'] === true,
      stripsLeft: options['lstrip'] === true,
      stripsRight: options['rstrip'] === true,
      isNormalized: typeof normalized === 'boolean' ? normalized : special !== true,
    };
  });
}

/** Finds tokens by their spellings, the leftmost and of these the longest, as the `AddedVocabulary` of `tokenizers` does it. */
export class TokenFinder {
  readonly #root: Node = { next: new Map() };

  constructor(tokens: Iterable<readonly [spelling: string, token: AddedToken]>) {
    for (const [spelling, token] of tokens) {
      if (spelling === '') continue;
      let node = this.#root;
      for (const unit of spelling.split('')) {
        const next = node.next.get(unit) ?? { next: new Map<string, Node>() };
        node.next.set(unit, next);
        node = next;
      }
      node.token = token;
    }
  }

  /** The text cut into tokens and what lies between; no section is empty. */
  split(text: string): Section[] {
    const sections: Section[] = [];
    let done = 0;
    const add = (start: number, end: number, token?: AddedToken) => {
      if (end > start) sections.push({ text: text.slice(start, end), token, start });
    };
    for (let at = 0; at < text.length;) {
      const found = this.#longestAt(text, at);
      if (found === undefined) {
        at++;
        continue;
      }
      const { token, end } = found;
      const isInWord = token.isSingleWord && (endsInWord(text.slice(Math.max(0, at - 2), at)) || startsWithWord(text.slice(end, end + 2)));
      if (!isInWord) {
        const start = token.stripsLeft ? Math.max(spacesBefore(text, at), done) : at;
        const stop = token.stripsRight ? spacesAfter(text, end) : end;
        add(done, start);
        add(start, stop, token);
        done = stop;
      }
      at = end;
    }
    add(done, text.length);
    return sections;
  }

  #longestAt(text: string, start: number): { token: AddedToken; end: number } | undefined {
    let found: { token: AddedToken; end: number } | undefined;
    let node: Node | undefined = this.#root;
    for (let i = start; i < text.length && (node = node.next.get(text[i]!)) !== undefined; i++) {
      if (node.token !== undefined) found = { token: node.token, end: i + 1 };
    }
    return found;
  }
}

const WORD = String.raw`[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]`;
const WORD_AT_END = new RegExp(`${WORD}$`, 'u');
const WORD_AT_START = new RegExp(`^${WORD}`, 'u');
const WHITE_SPACE = /^\p{White_Space}$/u;

function endsInWord(text: string): boolean {
  return WORD_AT_END.test(text);
}

function startsWithWord(text: string): boolean {
  return WORD_AT_START.test(text);
}

function spacesBefore(text: string, end: number): number {
  let start = end;
  while (start > 0 && WHITE_SPACE.test(text[start - 1]!)) start--;
  return start;
}

function spacesAfter(text: string, start: number): number {
  let end = start;
  while (end < text.length && WHITE_SPACE.test(text[end]!)) end++;
  return end;
}
