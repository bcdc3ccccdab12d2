import { join } from 'node:path';
import { ModelError, pathExists, readText } from '@pharmacist/core';
import { Tokenizer as HuggingFaceTokenizer } from '@huggingface/tokenizers';
import { hashOfFiles } from './hash-of-files.ts';
import { isJsonObject, readJsonObject, readOptionalJsonObject, type JsonObject } from './json-file.ts';
import { repairByteFallback, withExactDigits, type LibraryDecoder } from './tokenizer-repairs.ts';

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
interface TokenizerFiles {
  readonly tokenizer: JsonObject;
  readonly tokenizerConfig: JsonObject;
  readonly specialTokensMap: JsonObject;
  readonly generationConfig: JsonObject;
  readonly modelConfig: JsonObject;
}

/** The methods used of the library, which its own declarations leave untyped under Node's ESM rules. */
interface LibraryTokenizer {
  readonly decoder: LibraryDecoder | null;
  encode(text: string, options: { add_special_tokens: boolean }): { ids: number[] };
  decode(ids: readonly number[], options: { skip_special_tokens: boolean; clean_up_tokenization_spaces: boolean }): string;
  token_to_id(token: string): number | undefined;
  id_to_token(id: number): string | undefined;
  get_vocab(): Map<string, number>;
}

/** Text to token ids and back, as the `tokenizers` library of Hugging Face does it. */
export class Tokenizer {
  /** Id put before a text, or null where the model has none. */
  readonly bosId: number | null;
  readonly eosId: number;
  /** Of the pad token, else of EOS: padded positions carry no target and no later token attends to them, so the id never matters. */
  readonly padId: number;
  /** Highest id + 1; a model's `vocabSize` may be larger, never smaller. */
  readonly vocabSize: number;
  /** Jinja source, where the model is a chat model. */
  readonly chatTemplate: string | undefined;
  /** SHA-256 over the names and bytes of the tokenizer's files, generation_config.json (which may name EOS) among them. */
  readonly contentHash: string;
  readonly #tokenizer: LibraryTokenizer;

  private constructor(dir: string, files: TokenizerFiles, { chatTemplate, contentHash }: Pick<Tokenizer, 'chatTemplate' | 'contentHash'>) {
    const path = join(dir, 'tokenizer.json');
    checkVocabulary(files.tokenizer, path);
    this.#tokenizer = buildTokenizer(files, path);
    this.chatTemplate = chatTemplate;
    this.contentHash = contentHash;
    this.vocabSize = [...this.#tokenizer.get_vocab().values()].reduce((highest, id) => Math.max(highest, id), -1) + 1;
    this.bosId = this.#special('bos', files, dir);
    const eosId = this.#special('eos', files, dir);
    if (eosId === null) {
      throw new ModelError('has no end-of-text token', {
        where: dir,
        hint: 'add "eos_token" to tokenizer_config.json, with a token that tokenizer.json holds',
      });
    }
    this.eosId = eosId;
    this.padId = this.#special('pad', files, dir) ?? eosId;
  }

  /**
   * Reads `tokenizer.json`, and the special tokens and the chat template from the files around it.
   * @throws {ModelError} if a file is missing or malformed, or there is no EOS, saying what to add.
   */
  static async load(dir: string): Promise<Tokenizer> {
    const path = join(dir, 'tokenizer.json');
    if (!(await pathExists(path))) {
      throw new ModelError('has no tokenizer.json', {
        where: dir,
        hint: 'save it with transformers: AutoTokenizer.from_pretrained(DIR, use_fast=True).save_pretrained(DIR)',
      });
    }
    const files = {
      tokenizer: await readJsonObject(path),
      tokenizerConfig: (await readOptionalJsonObject(dir, 'tokenizer_config.json')) ?? {},
      specialTokensMap: (await readOptionalJsonObject(dir, 'special_tokens_map.json')) ?? {},
      generationConfig: (await readOptionalJsonObject(dir, 'generation_config.json')) ?? {},
      modelConfig: (await readOptionalJsonObject(dir, 'config.json')) ?? {},
    };
    const chatTemplate = await readChatTemplate(dir, files.tokenizerConfig);
    return new Tokenizer(dir, files, { chatTemplate, contentHash: await hashOfFiles(dir, FILES) });
  }

  /** @param addSpecialTokens puts BOS (and EOS) where tokenizer.json says so; special tokens spelled out in `text` are always recognised. */
  encode(text: string, { addSpecialTokens = true }: { addSpecialTokens?: boolean } = {}): number[] {
    return text === '' && !addSpecialTokens ? [] : this.#tokenizer.encode(text, { add_special_tokens: addSpecialTokens }).ids;
  }

  /** Ids that name no token are left out. No clean-up of spaces: the text comes back as it was. */
  decode(ids: ArrayLike<number>, { skipSpecialTokens = true }: { skipSpecialTokens?: boolean } = {}): string {
    const known = Array.from(ids).filter((id) => this.#tokenizer.id_to_token(id) !== undefined);
    if (known.length === 0) return '';
    return this.#tokenizer.decode(known, { skip_special_tokens: skipSpecialTokens, clean_up_tokenization_spaces: false });
  }

  /** The id of a token by its exact spelling. */
  idOf(token: string): number | undefined {
    return this.#tokenizer.token_to_id(token);
  }

  /** The spelling of a token. */
  tokenOf(id: number): string | undefined {
    return this.#tokenizer.id_to_token(id);
  }

  #special(kind: 'bos' | 'eos' | 'pad', files: TokenizerFiles, dir: string): number | null {
    for (const [file, content] of [
      ['tokenizer_config.json', files.tokenizerConfig],
      ['special_tokens_map.json', files.specialTokensMap],
    ] as const) {
      const token = spelling(content[`${kind}_token`]);
      if (token === undefined) continue;
      const id = this.idOf(token);
      if (id === undefined) {
        throw new ModelError(`names "${token}" as ${kind}_token, but tokenizer.json does not hold it`, {
          where: join(dir, file),
          hint: 'add the token to added_tokens of tokenizer.json, or name one that is there',
        });
      }
      return id;
    }
    // A tokenizer_config.json that says null means it: Qwen2 has a bos_token_id in config.json that it never uses.
    if (files.tokenizerConfig[`${kind}_token`] === null) return null;
    for (const content of [files.generationConfig, files.modelConfig]) {
      const value = content[`${kind}_token_id`];
      const id: unknown = Array.isArray(value) ? value[0] : value;
      if (typeof id === 'number' && this.tokenOf(id) !== undefined) return id;
    }
    return null;
  }
}

function buildTokenizer({ tokenizer, tokenizerConfig }: TokenizerFiles, path: string): LibraryTokenizer {
  try {
    const base = { normalizer: null, post_processor: null, decoder: null, added_tokens: [], ...tokenizer };
    const built: LibraryTokenizer = new HuggingFaceTokenizer(
      { ...base, pre_tokenizer: withExactDigits(tokenizer['pre_tokenizer'] ?? null) },
      tokenizerConfig,
    );
    repairByteFallback(built.decoder);
    return built;
  } catch (error) {
    throw new ModelError(`cannot be used (${(error as Error).message})`, {
      where: path,
      hint: 'save the tokenizer again with a current version of transformers',
      cause: error,
    });
  }
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
function spelling(token: unknown): string | undefined {
  const text = isJsonObject(token) ? token['content'] : token;
  return typeof text === 'string' && text !== '' ? text : undefined;
}
