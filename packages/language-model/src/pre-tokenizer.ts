/**
 * Pre-tokenizers as `tokenizers` runs them, from their JSON. The JavaScript library is used to translate patterns only: its own
 * pre-tokenizers know two of five split behaviours, misread `invert`, and have other white space and punctuation.
 */
import { Tokenizer } from '@huggingface/tokenizers';
import { lettersOf } from './byte-alphabet.ts';
import { isJsonObject, type JsonObject } from './json-file.ts';
import { split, splitBehavior, type SplitOptions } from './split-behavior.ts';

/** Parts of a text that are split further, or given to the model as they are. */
export interface Pieces {
  readonly texts: readonly string[];
  /** Whether the first begins where the text that was given begins. */
  readonly isStart: boolean;
}

export type PreTokenizer = (pieces: Pieces) => Pieces;

/** A tokenizer without anything but what is added to it. */
const NOTHING = { model: { type: 'BPE', vocab: {}, merges: [] }, normalizer: null, post_processor: null, decoder: null, added_tokens: [] };

const GPT2_PATTERN = String.raw`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`;
const PUNCTUATION = String.raw`[\p{P}!-/:-@\[-\x60{-~]`;
const WHITE_SPACE = String.raw`\p{White_Space}`;

/** @throws Error if a part is of a form that is not known. */
export function preTokenizer(config: unknown): PreTokenizer {
  if (config === null || config === undefined) return (pieces) => pieces;
  if (!isJsonObject(config)) throw new Error('pre_tokenizer is no object');
  const behavior = splitBehavior(config['behavior'] ?? 'Isolated');
  switch (config['type']) {
    case 'Sequence': {
      if (!Array.isArray(config['pretokenizers'])) throw new Error('its pre-tokenizer Sequence has no list');
      const parts = config['pretokenizers'].map(preTokenizer);
      return (pieces) => parts.reduce((sofar, part) => part(sofar), pieces);
    }
    case 'Split':
      return splitter(compiled(config['pattern']), { behavior: splitBehavior(config['behavior']), invert: config['invert'] === true });
    case 'Punctuation':
      return splitter(new RegExp(PUNCTUATION, 'gu'), { behavior, invert: false });
    case 'Digits':
      return splitter(/\p{N}/gu, { behavior: config['individual_digits'] === true ? 'isolated' : 'contiguous', invert: false });
    case 'Whitespace':
      return splitter(compiled({ Regex: String.raw`\w+|[^\w\s]+` }), { behavior: 'removed', invert: true });
    case 'WhitespaceSplit':
      return splitter(new RegExp(WHITE_SPACE, 'gu'), { behavior: 'removed', invert: false });
    case 'CharDelimiterSplit':
      return splitter(compiled({ String: config['delimiter'] }), { behavior: 'removed', invert: false });
    case 'BertPreTokenizer': {
      const words = splitter(new RegExp(WHITE_SPACE, 'gu'), { behavior: 'removed', invert: false });
      const marks = splitter(new RegExp(PUNCTUATION, 'gu'), { behavior: 'isolated', invert: false });
      return (pieces) => marks(words(pieces));
    }
    case 'ByteLevel':
      return byteLevel(config);
    case 'Metaspace':
      return metaspace(config);
    default:
      throw new Error(`its pre-tokenizer ${JSON.stringify(config['type'])} is not known`);
  }
}

/** The pattern as the library translates it to JavaScript. @throws Error if it is none. */
function compiled(pattern: unknown): RegExp {
  const value = isJsonObject(pattern) ? (pattern['Regex'] ?? pattern['String']) : undefined;
  if (typeof value !== 'string' || value === '') throw new Error(`its pattern ${JSON.stringify(pattern)} is not known`);
  const config = { type: 'Split', pattern, behavior: 'Isolated', invert: true };
  const { pre_tokenizer: part }: { pre_tokenizer: { pattern: RegExp } } = new Tokenizer({ ...NOTHING, pre_tokenizer: config }, {});
  return part.pattern;
}

function splitter(pattern: RegExp, how: SplitOptions): PreTokenizer {
  return ({ texts: before, isStart }) => {
    const texts: string[] = [];
    let isFromStart = isStart && before.length > 0;
    before.forEach((text, i) => {
      const beginsThere = split(text, pattern, how, texts);
      if (i === 0) isFromStart &&= beginsThere;
    });
    return { texts, isStart: isFromStart };
  };
}

function byteLevel({ add_prefix_space: hasPrefix, use_regex: usesRegex }: JsonObject): PreTokenizer {
  const splitWords = usesRegex === false ? undefined : splitter(compiled({ Regex: GPT2_PATTERN }), { behavior: 'isolated', invert: false });
  return ({ texts, isStart }) => {
    const spaced = hasPrefix === true ? texts.map((text) => (text.startsWith(' ') ? text : ` ${text}`)) : texts;
    const words = splitWords?.({ texts: spaced, isStart }) ?? { texts: spaced, isStart };
    return { texts: words.texts.map(lettersOf), isStart: words.isStart };
  };
}

function metaspace(config: JsonObject): PreTokenizer {
  const mark = typeof config['replacement'] === 'string' ? config['replacement'] : '▁';
  const scheme = config['prepend_scheme'] ?? (config['add_prefix_space'] === false ? 'never' : 'always');
  const splitWords =
    config['split'] === false ? undefined : splitter(compiled({ String: mark }), { behavior: 'mergedwithnext', invert: false });
  return ({ texts, isStart }) => {
    const marked = texts.map((before, i) => {
      const text = before.replaceAll(' ', () => mark);
      const isPrefixed = scheme === 'always' || (scheme === 'first' && isStart && i === 0);
      return isPrefixed && !text.startsWith(mark) ? mark + text : text;
    });
    return splitWords?.({ texts: marked, isStart }) ?? { texts: marked, isStart };
  };
}
