import type { JsonObject } from '../json-file.ts';

/** What llama.cpp only names (`tokenizer.ggml.pre`), spelled out as in the tokenizer.json of the model family. */
export interface PreTokenizerForm {
  readonly normalizer: JsonObject | null;
  readonly preTokenizer: JsonObject;
  /** A whole word that is a token is taken as it is, without merging. */
  readonly ignoreMerges: boolean;
  /** Whether llama.cpp puts BOS first where the file does not say. */
  readonly addsBos: boolean;
}

const byteLevel = (useRegex: boolean): JsonObject => ({
  type: 'ByteLevel',
  add_prefix_space: false,
  trim_offsets: true,
  use_regex: useRegex,
});

const splitThenBytes = (pattern: string): JsonObject => ({
  type: 'Sequence',
  pretokenizers: [{ type: 'Split', pattern: { Regex: pattern }, behavior: 'Isolated', invert: false }, byteLevel(false)],
});

const wordPattern = (digits: string): string =>
  `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|${digits}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+`;

export const PRE_TOKENIZERS: Readonly<Record<string, PreTokenizerForm>> = {
  'gpt-2': { normalizer: null, preTokenizer: byteLevel(true), ignoreMerges: false, addsBos: false },
  smollm: {
    normalizer: null,
    preTokenizer: { type: 'Sequence', pretokenizers: [{ type: 'Digits', individual_digits: true }, byteLevel(true)] },
    ignoreMerges: false,
    addsBos: false,
  },
  'llama-bpe': { normalizer: null, preTokenizer: splitThenBytes(wordPattern('\\p{N}{1,3}')), ignoreMerges: true, addsBos: true },
  qwen2: { normalizer: { type: 'NFC' }, preTokenizer: splitThenBytes(wordPattern('\\p{N}')), ignoreMerges: false, addsBos: false },
};
