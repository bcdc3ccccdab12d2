import { ModelError } from '@pharmacist/core';
import type { JsonObject } from '../json-file.ts';
import type { GgufFile } from './gguf-file.ts';
import { PRE_TOKENIZERS } from './pre-tokenizers.ts';
import { mergesFromScores } from './sentence-piece-merges.ts';

/** `tokenizer.ggml.token_type` */
const NORMAL = 1;
const CONTROL = 3;
const USER_DEFINED = 4;

export interface TokenizerFilesContent {
  readonly tokenizer: JsonObject;
  readonly tokenizerConfig: JsonObject;
}

/** The parts of tokenizer.json that depend on the kind of vocabulary. */
interface Pipeline {
  readonly normalizer: JsonObject | null;
  readonly preTokenizer: JsonObject | null;
  readonly decoder: JsonObject;
  readonly model: JsonObject;
  readonly addsBos: boolean;
}

/**
 * The tokenizer of a GGUF file as `tokenizer.json` and `tokenizer_config.json`: byte-level BPE, or SentencePiece BPE with byte fallback.
 * @throws {ModelError} if the vocabulary is missing or of an unsupported kind.
 */
export function tokenizerFromGguf(file: GgufFile): TokenizerFilesContent {
  const tokens = file.texts('tokenizer.ggml.tokens');
  if (tokens === undefined) throw invalid(file, 'has no tokenizer');
  const vocab = new Map(tokens.map((token, id) => [token, id]));
  if (vocab.size !== tokens.length) throw invalid(file, `has ${tokens.length - vocab.size} tokens twice`);
  const types = file.numbers('tokenizer.ggml.token_type') ?? tokens.map(() => NORMAL);
  if (types.length !== tokens.length) throw invalid(file, `has ${tokens.length} tokens but ${types.length} token types`);
  const kind = file.text('tokenizer.ggml.model');
  if (kind !== 'gpt2' && kind !== 'llama') throw invalid(file, `has a tokenizer of kind "${kind}"; supported: gpt2, llama`);
  const pipeline = kind === 'gpt2' ? byteLevelPipeline(file, vocab) : sentencePiecePipeline(file, vocab, types);

  const special = (name: string): string | null => {
    const id = file.number(`tokenizer.ggml.${name}_token_id`);
    return id === undefined ? null : (tokens[id] ?? null);
  };
  const before = (file.flag('tokenizer.ggml.add_bos_token') ?? pipeline.addsBos) ? special('bos') : null;
  const after = (file.flag('tokenizer.ggml.add_eos_token') ?? false) ? special('eos') : null;
  const tokenizer = {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: addedTokens(tokens, types),
    normalizer: pipeline.normalizer,
    pre_tokenizer: pipeline.preTokenizer,
    post_processor: postProcessor(vocab, before, after),
    decoder: pipeline.decoder,
    model: pipeline.model,
  };
  const chatTemplate = file.text('tokenizer.chat_template');
  const tokenizerConfig = {
    tokenizer_class: 'PreTrainedTokenizerFast',
    bos_token: special('bos'),
    eos_token: special('eos'),
    unk_token: special('unknown'),
    pad_token: special('padding'),
    clean_up_tokenization_spaces: false,
    ...(chatTemplate === undefined ? {} : { chat_template: chatTemplate }),
  };
  return { tokenizer, tokenizerConfig };
}

function byteLevelPipeline(file: GgufFile, vocab: ReadonlyMap<string, number>): Pipeline {
  const name = file.text('tokenizer.ggml.pre') ?? '';
  const form = PRE_TOKENIZERS[name];
  if (form === undefined) {
    throw invalid(file, `splits text in the way "${name}"; supported: ${Object.keys(PRE_TOKENIZERS).join(', ')}`);
  }
  const merges = file.texts('tokenizer.ggml.merges');
  if (merges === undefined) throw invalid(file, 'has no merges');
  return {
    normalizer: form.normalizer,
    preTokenizer: form.preTokenizer,
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: bpe(
      vocab,
      merges.map((merge) => splitMerge(merge, file)),
      { ignore_merges: form.ignoreMerges },
    ),
    addsBos: form.addsBos,
  };
}

function sentencePiecePipeline(file: GgufFile, vocab: ReadonlyMap<string, number>, types: readonly number[]): Pipeline {
  const scores = file.numbers('tokenizer.ggml.scores');
  if (scores?.length !== vocab.size) throw invalid(file, 'has no score for each token');
  const pieces = new Map([...vocab].filter(([, id]) => types[id] === NORMAL || types[id] === USER_DEFINED));
  const unknown = [...vocab].find(([, id]) => id === (file.number('tokenizer.ggml.unknown_token_id') ?? 0))?.[0] ?? null;
  const isPrefixed = file.flag('tokenizer.ggml.add_space_prefix') ?? true;
  const toMeta = { type: 'Replace', pattern: { String: ' ' }, content: '▁' };
  const toSpace = { type: 'Replace', pattern: { String: '▁' }, content: ' ' };
  const strip = { type: 'Strip', content: ' ', start: 1, stop: 0 };
  return {
    normalizer: { type: 'Sequence', normalizers: [...(isPrefixed ? [{ type: 'Prepend', prepend: '▁' }] : []), toMeta] },
    preTokenizer: null,
    decoder: { type: 'Sequence', decoders: [toSpace, { type: 'ByteFallback' }, { type: 'Fuse' }, ...(isPrefixed ? [strip] : [])] },
    model: bpe(vocab, mergesFromScores(pieces, scores), { unk_token: unknown, fuse_unk: true, byte_fallback: true }),
    addsBos: true,
  };
}

function bpe(vocab: ReadonlyMap<string, number>, merges: readonly (readonly string[])[], options: JsonObject): JsonObject {
  return {
    type: 'BPE',
    dropout: null,
    unk_token: null,
    continuing_subword_prefix: null,
    end_of_word_suffix: null,
    fuse_unk: false,
    byte_fallback: false,
    ignore_merges: false,
    ...options,
    vocab: Object.fromEntries(vocab),
    merges,
  };
}

/** `Ġ the` is a pair; a part may itself hold a space only in vocabularies that are not byte-level. */
function splitMerge(merge: string, file: GgufFile): [string, string] {
  const parts = merge.split(' ');
  if (parts.length !== 2) throw invalid(file, `has the merge ${JSON.stringify(merge)}, which is not a pair`);
  return [parts[0]!, parts[1]!];
}

/** Tokens that text never splits into: control tokens are special, those a model's author added are not. */
function addedTokens(tokens: readonly string[], types: readonly number[]): JsonObject[] {
  return tokens.flatMap((content, id) =>
    types[id] === CONTROL || types[id] === USER_DEFINED
      ? [{ id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special: types[id] === CONTROL }]
      : [],
  );
}

function postProcessor(vocab: ReadonlyMap<string, number>, before: string | null, after: string | null): JsonObject | null {
  const around = [before, after].filter((token) => token !== null);
  if (around.length === 0) return null;
  const item = (token: string | null, type: number) => (token === null ? [] : [{ SpecialToken: { id: token, type_id: type } }]);
  const sequence = (id: string, type: number) => [...item(before, type), { Sequence: { id, type_id: type } }, ...item(after, type)];
  return {
    type: 'TemplateProcessing',
    single: sequence('A', 0),
    pair: [...sequence('A', 0), ...sequence('B', 1)],
    special_tokens: Object.fromEntries(around.map((token) => [token, { id: token, ids: [vocab.get(token)!], tokens: [token] }])),
  };
}

function invalid(file: GgufFile, what: string): ModelError {
  return new ModelError(what, { where: file.path, hint: 'use another GGUF file of the model, or its Hugging Face directory' });
}
