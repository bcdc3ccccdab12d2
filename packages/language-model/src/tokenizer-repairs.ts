/** Where version 0.2.0 of `@huggingface/tokenizers` departs from the reference library; goldens found these, see tokenizer.golden.test.ts. */
import { TextDecoder } from 'node:util';
import { Tokenizer as LibraryTokenizerClass } from '@huggingface/tokenizers';
import { type AddedToken, addedTokens, TokenFinder } from './added-tokens.ts';
import { LETTER_BYTES } from './byte-alphabet.ts';
import { isJsonObject, type JsonObject } from './json-file.ts';
import { PieceCache } from './piece-cache.ts';
import { type PreTokenizer, preTokenizer } from './pre-tokenizer.ts';

/** Twice the library's, because the older half of them may be forgotten at once. */
const CACHED_PIECES = 20_000;

/** What is used of a tokenizer of the library, whose type declarations do not resolve under Node's ESM rules. */
export interface LibraryTokenizer {
  readonly decoder: LibraryDecoder | null;
  readonly normalizer: LibraryNormalizer | null;
  /** Tokens of pieces of text. */
  readonly model: ((pieces: readonly string[]) => string[]) & { readonly vocab: string[]; cache?: LibraryCache };
  /** Tokens of a text before special tokens are added. */
  encode_text: (text: string | null) => string[] | null;
  encode(text: string, options: { add_special_tokens: boolean }): { ids: number[] };
  decode(ids: readonly number[], options: { skip_special_tokens: boolean; clean_up_tokenization_spaces: boolean }): string;
  token_to_id(token: string): number | undefined;
  id_to_token(id: number): string | undefined;
  get_vocab(): Map<string, number>;
}

/** What BPE remembers of pieces of text. */
type LibraryCache = Pick<PieceCache<readonly string[]>, 'get' | 'put' | 'clear'>;

interface LibraryNormalizer {
  (text: string): string;
  readonly config: JsonObject;
  readonly normalizers?: readonly (LibraryNormalizer | null)[];
  normalize: (text: string) => string;
}

interface LibraryDecoder {
  readonly config: JsonObject;
  readonly decoders?: readonly LibraryDecoder[];
  text_decoder?: TextDecoder;
  end_of_word_suffix?: unknown;
  decode_chain: (tokens: readonly string[]) => string[];
}

/** @throws Error if the library or a repair does not know a part of it. */
export function repairedTokenizer(tokenizer: JsonObject, tokenizerConfig: JsonObject): LibraryTokenizer {
  const tokens = addedTokens(tokenizer['added_tokens']);
  const base = { post_processor: null, added_tokens: [], ...tokenizer, model: withType(tokenizer['model']) };
  const exact = { normalizer: withExactParts(tokenizer['normalizer']), decoder: withExactParts(tokenizer['decoder']) };
  const built: LibraryTokenizer = new LibraryTokenizerClass({ ...base, ...exact, pre_tokenizer: null }, tokenizerConfig);
  if (built.model.cache !== undefined) built.model.cache = new PieceCache(CACHED_PIECES);
  const bound = { maxLength: 0 };
  repairNormalizer(built.normalizer, bound);
  repairDecoder(built.decoder);
  repairSplitting(built, tokens, preTokenizer(tokenizer['pre_tokenizer']), bound);
  return built;
}

/** Old files name no type; the reference takes a model with merges for BPE, the library not always. */
function withType(model: unknown): unknown {
  return isJsonObject(model) && model['type'] === undefined && Array.isArray(model['merges']) ? { ...model, type: 'BPE' } : model;
}

/** A normaliser or decoder in words that the library reads as the reference does. */
function withExactParts(part: unknown): unknown {
  if (!isJsonObject(part)) return part ?? null;
  const { type, content, lowercase, strip_accents: stripsAccents } = part;
  // What a Replace puts in is no pattern: "$" stands for itself.
  if (type === 'Replace' && typeof content === 'string') return { ...part, content: content.replaceAll('$', '$$$$') };
  if (type === 'BertNormalizer' && lowercase === true) {
    const rest = { ...part, lowercase: false, strip_accents: stripsAccents ?? true };
    return { type: 'Sequence', normalizers: [rest, { type: 'Lowercase' }] };
  }
  const nested = (name: string) => Array.isArray(part[name]) && { [name]: part[name].map(withExactParts) };
  return { ...part, ...nested('normalizers'), ...nested('decoders') };
}

/** Added tokens and pre-tokenizers: the library has no single words, takes tokens of normalised text first, and splits in its own ways. */
function repairSplitting(built: LibraryTokenizer, tokens: readonly AddedToken[], preTokenize: PreTokenizer, bound: LengthBound): void {
  const normalize = (text: string) => {
    bound.maxLength = MAX_ADDED_LENGTH + MAX_GROWTH * text.length;
    return built.normalizer?.(text) ?? text;
  };
  const entries = (isNormalized: boolean, spelling: (content: string) => string) =>
    tokens.filter((token) => token.isNormalized === isNormalized).map((token) => [spelling(token.content), token] as const);
  const asTheyAre = new TokenFinder(entries(false, (content) => content));
  const normalized = new TokenFinder(entries(true, normalize));
  // The reference decodes such a token as it was normalised, with the mark before a word if there is one. Special ones are left out of a
  // text by their own spelling, and transformers adds them again as they are.
  for (const { id, content, isNormalized, isSpecial } of tokens) if (isNormalized && !isSpecial) built.model.vocab[id] = normalize(content);
  built.encode_text = (text) => {
    if (text === null) return null;
    const found: string[] = [];
    for (const outer of asTheyAre.split(text)) {
      if (outer.token !== undefined) found.push(outer.token.content);
      else {
        for (const inner of normalized.split(normalize(outer.text))) {
          if (inner.token !== undefined) found.push(inner.token.content);
          else {
            const { texts } = preTokenize({ texts: [inner.text], isStart: outer.start === 0 && inner.start === 0 });
            for (const token of built.model(texts)) found.push(token);
          }
        }
      }
    }
    return found;
  };
}

/** Characters of the longest text that normalising the one at work may make. */
interface LengthBound {
  maxLength: number;
}

/** Forms of Unicode make at most 18 characters of one, a mark before a word one more. */
const MAX_GROWTH = 32;
const MAX_ADDED_LENGTH = 1024;

function repairNormalizer(normalizer: LibraryNormalizer | null, bound: LengthBound): void {
  if (normalizer === null) return;
  normalizer.normalizers?.forEach((part) => repairNormalizer(part, bound));
  switch (normalizer.config['type']) {
    case 'Lowercase': // Letter by letter: a sigma that ends a word is no other sigma.
      normalizer.normalize = (text) => Array.from(text, (character) => character.toLowerCase()).join('');
      break;
    case 'Strip': {
      const { strip_left: left, strip_right: right } = normalizer.config;
      normalizer.normalize = (text) => {
        const start = left === true ? text.replace(/^\p{White_Space}+/u, '') : text;
        return right === true ? start.replace(/(?<!\p{White_Space})\p{White_Space}+$/u, '') : start;
      };
      break;
    }
  }
  const normalize = normalizer.normalize.bind(normalizer);
  normalizer.normalize = (text) => {
    const normalized = normalize(text);
    // Parts that double a text one after the other exhaust memory before they exhaust time.
    if (normalized.length > bound.maxLength) throw new Error(`its normalizer makes more than ${bound.maxLength} characters of a text`);
    return normalized;
  };
}

function repairDecoder(decoder: LibraryDecoder | null): void {
  if (decoder === null) return;
  decoder.decoders?.forEach(repairDecoder);
  delete decoder.end_of_word_suffix; // What becomes of it is for a BPEDecoder to say.
  switch (decoder.config['type']) {
    case 'ByteFallback':
      decoder.text_decoder = new ByteRunDecoder();
      break;
    case 'ByteLevel':
      decoder.decode_chain = byteLevelDecoder();
      break;
    case 'Metaspace':
      decoder.decode_chain = metaspaceDecoder(decoder.config);
      break;
  }
}

/** Byte tokens become the text they spell, or one U+FFFD a byte if they are not UTF-8; a byte order mark is kept. */
class ByteRunDecoder extends TextDecoder {
  constructor() {
    super('utf-8', { fatal: true, ignoreBOM: true });
  }

  override decode(bytes: Uint8Array): string {
    try {
      return super.decode(bytes);
    } catch {
      return '\ufffd'.repeat(bytes.length);
    }
  }
}

/** Every token, added ones too, is bytes; one with a letter that stands for none is its own text. */
function byteLevelDecoder(): (tokens: readonly string[]) => string[] {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  return (tokens) => {
    const parts = tokens.map((token) => {
      const bytes = Array.from(token, (letter) => LETTER_BYTES.get(letter)).filter((byte) => byte !== undefined);
      return bytes.length === token.length ? Buffer.from(bytes) : Buffer.from(token); // No letter of the alphabet is a surrogate pair.
    });
    return [decoder.decode(Buffer.concat(parts))];
  };
}

/** The marks of the first token vanish, all of them, unless none was put before the text. */
function metaspaceDecoder(config: JsonObject): (tokens: readonly string[]) => string[] {
  const mark = typeof config['replacement'] === 'string' ? config['replacement'] : '▁';
  const isNever = config['prepend_scheme'] === 'never' || (config['prepend_scheme'] === undefined && config['add_prefix_space'] === false);
  return (tokens) => tokens.map((token, i) => token.replaceAll(mark, i === 0 && !isNever ? '' : ' '));
}
