import { DataError } from '@pharmacist/core';
import { isAnswerOrPromptField } from '../find-answer.ts';
import type { ByteStream } from '../source/byte-stream.ts';
import { WRAPPER_NAMES } from '../source/json-document.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const NEWLINE = 0x0a;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];
/** Longer names of members are no wrapper's. */
const MAX_NAME_BYTES = 32;

/** The text of one value. */
export interface JsonElement {
  /** Undefined if it is longer than allowed. */
  bytes: Uint8Array | undefined;
  /** Line on which it starts. */
  line: number;
  /** An element of the list of rows, or an object that stands by itself. */
  isElement: boolean;
}

/**
 * Cuts JSON text into the elements of its array, of the list in an object that wraps it (`{"data": [{…}, …]}`), or into objects that follow
 * one another. It only finds where they end (brackets outside strings); JSON.parse reads them. Memory: one element.
 * @throws {DataError} if the text is neither, or does not end.
 */
export async function* scanJson(stream: ByteStream, label: string, maxBytes: number): AsyncGenerator<JsonElement> {
  const scanner = new JsonScanner(label, maxBytes);
  for await (const piece of stream) yield* scanner.push(piece);
  scanner.end();
}

class JsonScanner {
  readonly #label: string;
  readonly #maxBytes: number;
  #numBytes = 0;
  #line = 1;
  /** `list`: between the brackets of rows; `object`: in an object that stands by itself or wraps rows. */
  #state: 'before' | 'list' | 'object' | 'after' = 'before';
  /** Open brackets inside the element or, in an object, of the object and what is in it. */
  #depth = 0;
  #isInString = false;
  #isEscaped = false;
  #hasElement = false;
  #needsElement = false;
  #startLine = 1;
  #kept: Uint8Array[] = [];
  #keptBytes = 0;
  /** The name of the member at work in an object, while it is read and after. */
  #name: number[] | undefined;
  #isReadingName = false;
  /** Set at the bracket of a member that may wrap rows; an object after it decides. */
  #mayWrap = false;
  #isWrapped = false;
  #wrapper: string | undefined;
  #objectLine = 1;
  /** The object has a prompt or a response: it is a row, whatever else is in it. */
  #isRow = false;

  constructor(label: string, maxBytes: number) {
    this.#label = label;
    this.#maxBytes = maxBytes;
  }

  *push(piece: Uint8Array): Generator<JsonElement> {
    let start = 0;
    for (let i = 0; i < piece.length; i++, this.#numBytes++) {
      const byte = piece[i]!;
      if (byte === NEWLINE) this.#line++;
      if (this.#isInString) this.#inString(byte);
      else if (this.#state === 'list') {
        if (this.#depth === 0 && (byte === COMMA || byte === CLOSE_BRACKET)) {
          this.#keep(piece.subarray(start, i));
          start = i + 1;
          yield* this.#endElement(byte);
        } else this.#inList(byte);
      } else if (this.#state === 'object') {
        if (this.#mayWrap && !isSpace(byte)) {
          this.#mayWrap = false;
          if (byte === OPEN_BRACE) {
            this.#openWrapped();
            start = i;
            this.#inList(byte);
            continue;
          }
        }
        this.#inObject(byte);
        if (this.#depth > 0) continue;
        this.#keep(piece.subarray(start, i + 1));
        start = i + 1;
        yield* this.#endObject();
      } else if (!isSpace(byte) && !(this.#state === 'before' && byte === BYTE_ORDER_MARK[this.#numBytes])) {
        this.#open(byte);
        start = byte === OPEN_BRACE ? i : i + 1;
      }
    }
    if (this.#state === 'list' || this.#state === 'object') this.#keep(piece.subarray(start));
  }

  /** @throws {DataError} if what was pushed is not a whole text. */
  end(): void {
    if (this.#state === 'before') throw new DataError('is empty', { where: this.#label, hint: 'name a file that holds rows' });
    if (this.#state === 'after') return;
    const what = this.#state === 'object' ? `object (it starts at line ${this.#objectLine})` : 'array';
    const last = this.#state === 'list' && this.#hasElement ? ` (its last element starts at line ${this.#startLine})` : '';
    throw new DataError(`is cut short: the ${what} has no end${last}`, {
      where: `${this.#label}:${this.#line}`,
      hint: 'copy or download the file again',
    });
  }

  #open(byte: number): void {
    const isFirst = this.#state === 'before';
    if (byte === OPEN_BRACE && (isFirst || this.#wrapper === undefined)) {
      this.#state = 'object';
      this.#depth = 1;
      this.#startLine = this.#line;
      this.#objectLine = this.#line;
      this.#isRow = false;
      this.#name = undefined;
      this.#isReadingName = true;
      return;
    }
    if (byte !== OPEN_BRACKET || !isFirst) {
      throw this.#damaged(isFirst ? 'is not an array of objects' : `goes on after the end of the ${this.#wrapper ?? 'rows'}`);
    }
    this.#state = 'list';
    this.#wrapper = 'array';
  }

  #inString(byte: number): void {
    if (this.#isEscaped) this.#isEscaped = false;
    else if (byte === BACKSLASH) this.#isEscaped = true;
    else if (byte === QUOTE) {
      this.#isInString = false;
      return;
    }
    if (this.#isReadingName && this.#name !== undefined && this.#name.length <= MAX_NAME_BYTES) this.#name.push(byte);
  }

  #inList(byte: number): void {
    if (!this.#hasElement && !isSpace(byte)) {
      this.#hasElement = true;
      this.#startLine = this.#line;
    }
    this.#count(byte);
  }

  #inObject(byte: number): void {
    if (this.#depth === 1) {
      if (byte === QUOTE && this.#isReadingName) this.#name = [];
      else if (byte === COLON) {
        this.#isReadingName = false;
        this.#isRow ||= isAnswerOrPromptField(this.#memberName());
      } else if (byte === COMMA) this.#isReadingName = true;
      else if (byte === OPEN_BRACKET) this.#mayWrap = !this.#isRow && WRAPPER_NAMES.has(this.#memberName());
    }
    this.#count(byte);
  }

  #count(byte: number): void {
    if (byte === QUOTE) this.#isInString = true;
    else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) this.#depth++;
    else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) this.#depth--;
  }

  #memberName(): string {
    return Buffer.from(this.#name ?? []).toString('utf8');
  }

  /** The list of a member turns out to hold rows: the object around it is given up. */
  #openWrapped(): void {
    const name = this.#memberName();
    if (this.#isWrapped) {
      const first = this.#wrapper!;
      throw new DataError(`holds two lists of rows, ${first} and "${name}"`, {
        where: `${this.#label}:${this.#line}`,
        hint: `write one of them to a file of its own: jq -c '.${name}[]' FILE > ${name}.jsonl`,
      });
    }
    this.#isWrapped = true;
    this.#wrapper = `"${name}"`;
    this.#state = 'list';
    this.#depth = 0;
    this.#kept = [];
    this.#keptBytes = 0;
  }

  *#endElement(byte: number): Generator<JsonElement> {
    if (this.#hasElement) yield this.#take(true);
    else if (byte === COMMA || this.#needsElement) throw this.#damaged('has a comma without an element');
    else this.#take(true);
    this.#needsElement = byte === COMMA;
    if (byte !== CLOSE_BRACKET) return;
    this.#state = this.#isWrapped ? 'object' : 'after';
    this.#depth = this.#isWrapped ? 1 : 0;
  }

  *#endObject(): Generator<JsonElement> {
    this.#state = 'after';
    const object = this.#take(false);
    if (!this.#isWrapped) yield object;
  }

  #keep(part: Uint8Array): void {
    this.#keptBytes += part.length;
    if (this.#keptBytes > this.#maxBytes) this.#kept = [];
    else if (part.length > 0) this.#kept.push(part);
  }

  #take(isElement: boolean): JsonElement {
    const bytes = this.#keptBytes > this.#maxBytes ? undefined : Buffer.concat(this.#kept);
    this.#kept = [];
    this.#keptBytes = 0;
    this.#hasElement = false;
    return { bytes, line: this.#startLine, isElement };
  }

  #damaged(what: string): DataError {
    return new DataError(what, {
      where: `${this.#label}:${this.#line}`,
      hint: 'write one array of objects, or one object a line in a .jsonl file',
    });
  }
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === NEWLINE || byte === 0x0d || byte === 0x09;
}
