import { join } from 'node:path';
import { ModelError, readJson, writeJsonAtomic } from '@pharmacist/core';
import { DIGIT_PATTERN } from './byte-level.ts';
import type { BpeVocabulary } from './bpe-trainer.ts';
import { PROMPT_HEAD, PROMPT_TAIL } from './alpaca-template.ts';

/** Special tokens of the tiny base model; the position is the id. */
export const SPECIAL_TOKENS = ['<|pad|>', '<|bos|>', '<|eos|>'] as const;
export const BOS_ID = 1;
export const EOS_ID = 2;

/** Longest text the tiny base model is meant for, in tokens. */
const MODEL_MAX_LENGTH = 512;

/** The contents of a Hugging Face `tokenizer.json` for a byte-level vocabulary whose encodings start with `<|bos|>`. */
export function tokenizerJson({ tokens, merges }: BpeVocabulary): object {
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: SPECIAL_TOKENS.map((content, id) => ({
      id,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: null,
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [
        // Not `Digits`: the Rust library splits every Unicode number there, the JavaScript one only 0-9.
        { type: 'Split', pattern: { Regex: DIGIT_PATTERN }, behavior: 'Isolated', invert: false },
        { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
      ],
    },
    post_processor: {
      type: 'TemplateProcessing',
      single: [{ SpecialToken: { id: '<|bos|>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
      pair: [{ SpecialToken: { id: '<|bos|>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }, { Sequence: { id: 'B', type_id: 1 } }],
      special_tokens: { '<|bos|>': { id: '<|bos|>', ids: [BOS_ID], tokens: ['<|bos|>'] } },
    },
    decoder: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
      merges,
    },
  };
}

/** The contents of `tokenizer_config.json`; the chat template is the Alpaca prompt, one a user turn. */
export function tokenizerConfigJson(): object {
  return {
    tokenizer_class: 'PreTrainedTokenizerFast',
    pad_token: '<|pad|>',
    bos_token: '<|bos|>',
    eos_token: '<|eos|>',
    clean_up_tokenization_spaces: false,
    model_max_length: MODEL_MAX_LENGTH,
    padding_side: 'right',
    added_tokens_decoder: Object.fromEntries(
      SPECIAL_TOKENS.map((content, id) => [
        String(id),
        { content, lstrip: false, normalized: false, rstrip: false, single_word: false, special: true },
      ]),
    ),
    chat_template:
      '{{ bos_token }}{% for message in messages %}' +
      `{% if message['role'] == 'assistant' %}{{ message['content'] }}{{ eos_token }}` +
      `{% elif message['role'] == 'system' %}{{ message['content'] }}{{ '\\n\\n' }}` +
      `{% else %}{{ ${JSON.stringify(PROMPT_HEAD)} }}{{ message['content'] }}{{ ${JSON.stringify(PROMPT_TAIL)} }}{% endif %}` +
      '{% endfor %}',
  };
}

/** Writes `tokenizer.json` and `tokenizer_config.json` into `folder`. */
export async function writeTokenizerFiles(folder: string, vocabulary: BpeVocabulary): Promise<void> {
  await writeJsonAtomic(join(folder, 'tokenizer.json'), tokenizerJson(vocabulary));
  await writeJsonAtomic(join(folder, 'tokenizer_config.json'), tokenizerConfigJson());
}

/**
 * Reads back the vocabulary of a `tokenizer.json` that {@link writeTokenizerFiles} wrote.
 * @throws {ModelError} if the file has another form.
 */
export async function readTokenizerFile(folder: string): Promise<BpeVocabulary> {
  const path = join(folder, 'tokenizer.json');
  const file = (await readJson(path)) as { model?: { vocab?: Record<string, number>; merges?: [string, string][] } };
  const { vocab, merges } = file.model ?? {};
  if (vocab === undefined || merges === undefined) {
    throw new ModelError('has no byte-level BPE model', { where: path, hint: 'make it with the subcommand `tokenizer`' });
  }
  const tokens: string[] = [];
  for (const [token, id] of Object.entries(vocab)) tokens[id] = token;
  return { tokens, merges, numSpecialTokens: SPECIAL_TOKENS.length };
}
