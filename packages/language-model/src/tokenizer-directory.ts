import { join } from 'node:path';
import { ModelError, pathExists, readText } from '@pharmacist/core';
import { hashOfFiles } from './hash-of-files.ts';
import { isJsonObject, readJsonObject, readOptionalJsonObject, type JsonObject } from './json-file.ts';

/** Every file that may decide how text becomes ids, ids become text, or a conversation is laid out; config.json belongs to the weights' hash. */
const FILES = [
  'tokenizer.json',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'generation_config.json',
  'chat_template.jinja',
  'chat_template.json',
];

/** Where a directory may say which tokens begin, end and pad a text, first answer first. */
export interface TokenizerFiles {
  readonly tokenizer: JsonObject;
  readonly tokenizerConfig: JsonObject;
  readonly specialTokensMap: JsonObject;
  readonly generationConfig: JsonObject;
  readonly modelConfig: JsonObject;
  /** Jinja source, where the model is a chat model. */
  readonly chatTemplate: string | undefined;
  /** SHA-256 over the names and bytes of them all but config.json. */
  readonly contentHash: string;
}

/** @throws {ModelError} if a file is missing or malformed, or text could vanish without a word. */
export async function readTokenizerFiles(dir: string): Promise<TokenizerFiles> {
  const path = join(dir, 'tokenizer.json');
  if (!(await pathExists(path))) {
    throw new ModelError('has no tokenizer.json', {
      where: dir,
      hint: 'save it with transformers: AutoTokenizer.from_pretrained(DIR, use_fast=True).save_pretrained(DIR)',
    });
  }
  const tokenizer = await readJsonObject(path);
  checkVocabulary(tokenizer, path);
  const tokenizerConfig = (await readOptionalJsonObject(dir, 'tokenizer_config.json')) ?? {};
  return {
    tokenizer,
    tokenizerConfig,
    specialTokensMap: (await readOptionalJsonObject(dir, 'special_tokens_map.json')) ?? {},
    generationConfig: (await readOptionalJsonObject(dir, 'generation_config.json')) ?? {},
    modelConfig: (await readOptionalJsonObject(dir, 'config.json')) ?? {},
    chatTemplate: await readChatTemplate(dir, tokenizerConfig),
    contentHash: await hashOfFiles(dir, FILES),
  };
}

/** Text that no token covers would vanish without a word; that must be ruled out before the first row. */
function checkVocabulary(tokenizer: JsonObject, path: string): void {
  const fail = (what: string, hint: string): never => {
    throw new ModelError(what, { where: path, hint });
  };
  const { model } = tokenizer;
  if (!isJsonObject(model) || !(isJsonObject(model['vocab']) || Array.isArray(model['vocab']))) {
    return fail('has no model with a vocabulary', 'save the tokenizer again with transformers');
  }
  if (model['type'] === 'Unigram') {
    if (typeof model['unk_id'] !== 'number') fail('is a Unigram model without unk_id', 'train or export it with an unknown token');
    return;
  }
  const vocab = isJsonObject(model['vocab']) ? model['vocab'] : {};
  if (Object.keys(vocab).length === 0) fail('has an empty vocabulary', 'save the tokenizer again with transformers');
  const unknown = model['unk_token'];
  const added = Array.isArray(tokenizer['added_tokens']) ? tokenizer['added_tokens'] : [];
  if (typeof unknown === 'string' && !Object.hasOwn(vocab, unknown) && !added.some((token) => spelling(token) === unknown)) {
    fail(`names "${unknown}" as unk_token, but does not hold it`, 'add the token to the vocabulary');
  }
  const isByteLevel = JSON.stringify([tokenizer['pre_tokenizer'], tokenizer['decoder']]).includes('"ByteLevel"');
  if (unknown == null && !isByteLevel && model['byte_fallback'] !== true) {
    fail('has neither an unknown token nor bytes to fall back on', 'set model.unk_token, model.byte_fallback, or use byte-level BPE');
  }
}

async function readChatTemplate(dir: string, tokenizerConfig: JsonObject): Promise<string | undefined> {
  const jinjaPath = join(dir, 'chat_template.jinja');
  if (await pathExists(jinjaPath)) return await readText(jinjaPath);
  const template = tokenizerConfig['chat_template'] ?? (await readOptionalJsonObject(dir, 'chat_template.json'))?.['chat_template'];
  if (typeof template === 'string') return template;
  if (!Array.isArray(template)) return undefined;
  const named = template.filter(isJsonObject).find(({ name }) => name === 'default')?.['template'];
  return typeof named === 'string' ? named : undefined;
}

/** A special token is written as its text, or as an object with its text in `content`. */
export function spelling(token: unknown): string | undefined {
  const text = isJsonObject(token) ? token['content'] : token;
  return typeof text === 'string' && text !== '' ? text : undefined;
}
