import { join } from 'node:path';
import { ModelError, pathExists, readText } from '@pharmacist/core';
import { checkVocabulary } from './check-vocabulary.ts';
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

async function readChatTemplate(dir: string, tokenizerConfig: JsonObject): Promise<string | undefined> {
  const jinjaPath = join(dir, 'chat_template.jinja');
  if (await pathExists(jinjaPath)) return await readText(jinjaPath);
  const template = tokenizerConfig['chat_template'] ?? (await readOptionalJsonObject(dir, 'chat_template.json'))?.['chat_template'];
  if (typeof template === 'string') return template;
  if (!Array.isArray(template)) return undefined;
  const named = template.filter(isJsonObject).find(({ name }) => name === 'default')?.['template'];
  return typeof named === 'string' ? named : undefined;
}
