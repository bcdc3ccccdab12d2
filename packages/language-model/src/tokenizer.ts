import { join } from 'node:path';
import { ModelError, PharmacistError } from '@pharmacist/core';
import { addedTokens } from './added-tokens.ts';
import { MissingEmbeddings } from './missing-embeddings.ts';
import { cut } from './problem-list.ts';
import { spelling } from './special-token.ts';
import { readTokenizerFiles, type TokenizerFiles } from './tokenizer-directory.ts';
import { type LibraryTokenizer, repairedTokenizer } from './tokenizer-repairs.ts';
import { timeFor, withinTime } from './within-time.ts';

/** A normaliser's patterns run on added tokens at once; a quarter of a million tokens are read in a few seconds. */
const LOAD_MS = 60_000;

export interface EncodeOptions {
  /** Puts BOS (and EOS) where tokenizer.json says so, by default; special tokens spelled out in a text are always recognised. */
  readonly addSpecialTokens?: boolean;
  /** Where the text is from, for messages. */
  readonly where?: string | undefined;
}

/** Text to token ids and back, as the `tokenizers` library of Hugging Face does it. */
export class Tokenizer {
  /** Id put before a text, or null where the model has none. */
  readonly bosId: number | null;
  readonly eosId: number;
  /**
   * Of the pad token, else (also where the model has no embedding for it) of EOS: padded positions carry no target and no later token
   * attends to them, so the id never matters.
   */
  readonly padId: number;
  /** Highest id + 1; a model's `vocabSize` is often larger, and smaller where tokens were added without resizing the model. */
  readonly vocabSize: number;
  /** What does not fit the model, for whoever opened it. */
  readonly warnings: readonly string[];
  /** Jinja source, where the model is a chat model. */
  readonly chatTemplate: string | undefined;
  /** SHA-256 over the names and bytes of the tokenizer's files, generation_config.json (which may name EOS) among them. */
  readonly contentHash: string;
  readonly #tokenizer: LibraryTokenizer;
  readonly #missing: MissingEmbeddings;
  /** Spellings of added tokens, which the library may hold in normalised form. */
  readonly #added: ReadonlyMap<number, string>;
  readonly #special: ReadonlySet<number>;

  private constructor(dir: string, files: TokenizerFiles, embeddingRows: number) {
    const path = join(dir, 'tokenizer.json');
    this.#tokenizer = buildTokenizer(files, path);
    const added = addedTokens(files.tokenizer['added_tokens']);
    this.#added = new Map(added.map(({ id, content }) => [id, content]));
    this.#special = new Set(added.filter(({ isSpecial }) => isSpecial).map(({ id }) => id));
    this.chatTemplate = files.chatTemplate;
    this.contentHash = files.contentHash;
    const vocabulary = this.#tokenizer.get_vocab();
    this.vocabSize = [...vocabulary.values()].reduce((highest, id) => Math.max(highest, id), -1) + 1;
    this.#missing = new MissingEmbeddings(vocabulary, embeddingRows);
    this.bosId = this.#specialId('bos', files, dir);
    const eosId = this.#specialId('eos', files, dir);
    if (eosId === null) {
      throw new ModelError('has no end-of-text token', {
        where: dir,
        hint: 'add "eos_token" to tokenizer_config.json, with a token that tokenizer.json holds',
      });
    }
    this.eosId = eosId;
    this.#missing.checkSpecial('ends every text', eosId, dir);
    for (const id of this.#tokenizer.encode('', { add_special_tokens: true }).ids)
      this.#missing.checkSpecial('is added to every text', id, path);
    const padId = this.#specialId('pad', files, dir);
    this.padId = padId === null || padId >= embeddingRows ? eosId : padId;
    const warning = this.#missing.warning(padId);
    this.warnings = warning === undefined ? [] : [warning];
  }

  /**
   * Reads `tokenizer.json`, and the special tokens and the chat template from the files around it.
   * @param embeddingRows tokens that the model has an embedding for.
   * @throws {ModelError} if a file is missing or malformed, or there is no EOS, saying what to add.
   */
  static async load(dir: string, { embeddingRows = Infinity }: { embeddingRows?: number } = {}): Promise<Tokenizer> {
    return new Tokenizer(dir, await readTokenizerFiles(dir), embeddingRows);
  }

  /** {@link encodeEach} of one text. */
  encode(text: string, options: EncodeOptions = {}): number[] {
    return this.encodeEach([text], options)[0]!;
  }

  /**
   * Texts that belong together; they share the bound on time, which costs more than a short text does.
   * @throws {DataError} if one holds a token that the model has no embedding for. @throws {ModelError} if a pattern of the tokenizer
   *   backtracks without end.
   */
  encodeEach(texts: readonly string[], { addSpecialTokens = true, where }: EncodeOptions = {}): number[][] {
    const numCharacters = texts.reduce((sum, text) => sum + text.length, 0);
    const encoded = this.#withinTime(numCharacters, where, () =>
      texts.map((text) =>
        text === '' && !addSpecialTokens ? [] : this.#tokenizer.encode(text, { add_special_tokens: addSpecialTokens }).ids,
      ),
    );
    for (const ids of encoded) this.#missing.checkText(ids, where);
    return encoded;
  }

  /** Ids that name no token are left out. No clean-up of spaces: the text comes back as it was. */
  decode(ids: ArrayLike<number>, { skipSpecialTokens = true }: { skipSpecialTokens?: boolean } = {}): string {
    const known = Array.from(ids).filter((id) => this.#tokenizer.id_to_token(id) !== undefined);
    if (known.length === 0) return '';
    const options = { skip_special_tokens: skipSpecialTokens, clean_up_tokenization_spaces: false };
    return this.#withinTime(known.length, undefined, () => this.#tokenizer.decode(known, options));
  }

  /** The id of a token by its exact spelling. */
  idOf(token: string): number | undefined {
    return this.#tokenizer.token_to_id(token);
  }

  /** The spelling of a token. */
  tokenOf(id: number): string | undefined {
    return this.#added.get(id) ?? this.#tokenizer.id_to_token(id);
  }

  /** The first special token, or EOS, that a text spells; undefined without one. */
  firstSpecialId(text: string): number | undefined {
    const isSpecial = (id: number) => (id === this.eosId || this.#special.has(id)) && text.includes(this.tokenOf(id)!);
    return this.encode(text, { addSpecialTokens: false }).find(isSpecial);
  }

  #withinTime<T>(size: number, where: string | undefined, work: () => T): T {
    const limitMs = timeFor(size);
    const tooSlow = () => {
      const what = `the tokenizer needs more than ${(limitMs / 1000).toFixed(1)} s for a text of ${size} characters or tokens`;
      const hint = 'a pattern of its tokenizer.json backtracks without end: use the file that was published with the model';
      return new ModelError(what, { where: where ?? 'text', hint });
    };
    try {
      return withinTime(limitMs, work, tooSlow);
    } catch (error) {
      if (error instanceof PharmacistError) throw error;
      const what = `the tokenizer fails on a text of ${size} characters or tokens (${cut((error as Error).message)})`;
      throw new ModelError(what, {
        where: where ?? 'text',
        hint: 'use the tokenizer.json that was published with the model',
        cause: error,
      });
    }
  }

  #specialId(kind: 'bos' | 'eos' | 'pad', files: TokenizerFiles, dir: string): number | null {
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

/** The same tokenizer, once it has taken a text apart and put it together: the library finds some parts missing only then. */
function tried(tokenizer: LibraryTokenizer): LibraryTokenizer {
  const { ids } = tokenizer.encode('A text.', { add_special_tokens: true });
  if (!ids.every((id) => Number.isInteger(id))) throw new Error('it puts a token without id into texts');
  if (ids.length > 0) tokenizer.decode(ids, { skip_special_tokens: false, clean_up_tokenization_spaces: false });
  return tokenizer;
}

function buildTokenizer({ tokenizer, tokenizerConfig }: TokenizerFiles, path: string): LibraryTokenizer {
  const tooSlow = () =>
    new ModelError(`takes longer than ${LOAD_MS / 1000} s to be read`, {
      where: path,
      hint: 'use the file that was published with the model',
    });
  try {
    return withinTime(LOAD_MS, () => tried(repairedTokenizer(tokenizer, tokenizerConfig)), tooSlow);
  } catch (error) {
    if (error instanceof PharmacistError) throw error;
    throw new ModelError(`cannot be used (${cut((error as Error).message)})`, {
      where: path,
      hint: 'use a model whose tokenizer has parts that are known, or save this one again with a current version of transformers',
      cause: error,
    });
  }
}
