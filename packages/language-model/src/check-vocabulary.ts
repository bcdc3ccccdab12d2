import { ModelError } from '@pharmacist/core';
import { isJsonObject, type JsonObject } from './json-file.ts';
import { shown } from './problem-list.ts';
import { spelling } from './special-token.ts';

/** Ten times the largest vocabulary there is; the library has a place for each id below the highest. */
const MAX_ID = 2 ** 22;
/** The library looks for added tokens in a tree of a node a character. */
const MAX_ADDED_CHARACTERS = 2 ** 21;
const TYPES = ['BPE', 'WordPiece', 'WordLevel', 'Unigram'];
const AGAIN = 'save the tokenizer again with transformers';

/**
 * Checks of a tokenizer.json what the library takes on trust: that tokens and ids are such, and that no text vanishes without a word because
 * no token covers it.
 * @throws {ModelError} naming what is wrong.
 */
export function checkVocabulary(tokenizer: JsonObject, path: string): void {
  const fail = (what: string, hint = AGAIN): never => {
    throw new ModelError(what, { where: path, hint });
  };
  const { model, added_tokens: addedTokens = [] } = tokenizer;
  if (!isJsonObject(model) || !(isJsonObject(model['vocab']) || Array.isArray(model['vocab'])))
    return fail('has no model with a vocabulary');
  if (addedTokens !== null && !Array.isArray(addedTokens)) return fail(`has added_tokens ${shown(addedTokens)}, expected a list`);
  const added: readonly unknown[] = addedTokens ?? [];
  for (const token of added) {
    if (!isJsonObject(token) || typeof token['content'] !== 'string' || !isId(token['id']))
      fail(`has the added token ${shown(token)}, which has no text or no id of 0 to ${MAX_ID}`);
  }
  const numCharacters = added.reduce<number>((sum, token) => sum + (spelling(token)?.length ?? 0), 0);
  if (numCharacters > MAX_ADDED_CHARACTERS) fail(`has added tokens of ${numCharacters} characters, more than ${MAX_ADDED_CHARACTERS}`);
  // The library takes a type that it does not know for one of whole words.
  if (model['type'] !== undefined && !TYPES.some((type) => type === model['type']))
    fail(`has a model of type ${shown(model['type'])}; supported: ${TYPES.join(', ')}`);
  if (model['type'] === 'Unigram') return checkUnigram(model, fail);
  const vocab = isJsonObject(model['vocab']) ? model['vocab'] : {};
  const tokens = Object.keys(vocab);
  if (tokens.length === 0) fail('has an empty vocabulary');
  for (const token of tokens)
    if (!isId(vocab[token])) fail(`gives ${shown(token)} the id ${shown(vocab[token])}, expected a whole number of 0 to ${MAX_ID}`);
  checkMerges(model, fail);
  const unknown = model['unk_token'];
  if (typeof unknown === 'string' && !Object.hasOwn(vocab, unknown) && !added.some((token) => spelling(token) === unknown)) {
    fail(`names ${shown(unknown)} as unk_token, but does not hold it`, 'add the token to the vocabulary');
  }
  const isByteLevel = JSON.stringify([tokenizer['pre_tokenizer'], tokenizer['decoder']]).includes('"ByteLevel"');
  if (unknown == null && !isByteLevel && model['byte_fallback'] !== true) {
    fail('has neither an unknown token nor bytes to fall back on', 'set model.unk_token, model.byte_fallback, or use byte-level BPE');
  }
}

type Fail = (what: string, hint?: string) => never;

function checkUnigram({ vocab, unk_id: unknown }: JsonObject, fail: Fail): void {
  if (!Array.isArray(vocab) || vocab.length === 0) return fail('has no list of tokens in its Unigram vocabulary');
  for (const entry of vocab as unknown[]) {
    if (!Array.isArray(entry) || typeof entry[0] !== 'string' || !Number.isFinite(entry[1]))
      fail(`has ${shown(entry)} in its vocabulary, expected a token and its score`);
  }
  if (typeof unknown !== 'number') fail('is a Unigram model without unk_id', 'train or export it with an unknown token');
  if (!Number.isInteger(unknown) || vocab[unknown as number] === undefined)
    fail(`has unk_id ${shown(unknown)}, and ${vocab.length} tokens`);
}

/** Merges of BPE: "a b", or ["a", "b"]. */
function checkMerges({ type, merges }: JsonObject, fail: Fail): void {
  if (type !== 'BPE' && merges === undefined) return;
  if (!Array.isArray(merges)) return fail(`has merges ${shown(merges)}, expected a list`);
  for (const merge of merges as unknown[]) {
    const parts: unknown = typeof merge === 'string' ? merge.split(' ') : merge;
    if (!Array.isArray(parts) || parts.length !== 2 || !parts.every((part) => typeof part === 'string'))
      fail(`has the merge ${shown(merge)}, expected two tokens`);
  }
}

function isId(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= MAX_ID;
}
