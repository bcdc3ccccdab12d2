import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Tokenizer } from './tokenizer.ts';
import * as time from './within-time.ts';

/** Byte-level BPE over the letters a-c with one merge; ids 0-2 special. */
const TOKENIZER = {
  added_tokens: ['<pad>', '<s>', '</s>'].map((content, id) => ({ id, content, special: true, normalized: false })),
  normalizer: null,
  pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, use_regex: true },
  post_processor: {
    type: 'TemplateProcessing',
    single: [{ SpecialToken: { id: '<s>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
    pair: [],
    special_tokens: { '<s>': { id: '<s>', ids: [1], tokens: ['<s>'] } },
  },
  decoder: { type: 'ByteLevel' },
  model: { type: 'BPE', vocab: { '<pad>': 0, '<s>': 1, '</s>': 2, a: 3, b: 4, c: 5, Ġ: 6, ab: 7, Ġa: 8 }, merges: ['a b', 'Ġ a'] },
};
const CONFIG = { bos_token: '<s>', eos_token: { content: '</s>' }, pad_token: '<pad>' };

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tokenizer-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function load(files: Record<string, unknown>): Promise<Tokenizer> {
  for (const [name, value] of Object.entries(files)) {
    await writeFile(join(folder, name), typeof value === 'string' ? value : JSON.stringify(value));
  }
  return Tokenizer.load(folder);
}

describe('encode and decode', () => {
  it('merges, adds BOS where asked and recognises special tokens', async () => {
    const tokenizer = await load({ 'tokenizer.json': TOKENIZER, 'tokenizer_config.json': CONFIG });
    expect(tokenizer.encode('ab ac</s>')).toEqual([1, 7, 8, 5, 2]);
    expect(tokenizer.encode('ab ac', { addSpecialTokens: false })).toEqual([7, 8, 5]);
    expect(tokenizer.encode('')).toEqual([1]);
    expect(tokenizer.encode('', { addSpecialTokens: false })).toEqual([]);
    expect(tokenizer.decode([1, 7, 8, 5, 2])).toBe('ab ac');
    expect(tokenizer.decode(Int32Array.of(1, 7, 2), { skipSpecialTokens: false })).toBe('<s>ab</s>');
    expect(tokenizer.decode([])).toBe('');
    expect(tokenizer.decode([999, 3, -1])).toBe('a');
    expect([tokenizer.bosId, tokenizer.eosId, tokenizer.padId, tokenizer.vocabSize]).toEqual([1, 2, 0, 9]);
  });
});

it('stops at a pattern that backtracks without end, and says for which row', async () => {
  vi.spyOn(time, 'timeFor').mockReturnValue(200);
  const pattern = { type: 'Split', pattern: { Regex: '(a+)+$' }, behavior: 'Isolated', invert: false };
  const tokenizer = await load({
    'tokenizer.json': { ...TOKENIZER, pre_tokenizer: { type: 'Sequence', pretokenizers: [pattern, TOKENIZER.pre_tokenizer] } },
    'tokenizer_config.json': CONFIG,
  });
  expect(tokenizer.encode('aab')).toHaveLength(3);
  expect(() => tokenizer.encode(`${'a'.repeat(60)}b`, { where: 'pool.jsonl:3' })).toThrow(
    expect.objectContaining({
      code: 'E_MODEL',
      where: 'pool.jsonl:3',
      message: expect.stringContaining('needs more than 0.2 s for a text of 61'),
    }),
  );
  vi.restoreAllMocks();
});

describe('special tokens', () => {
  it('come from special_tokens_map.json where tokenizer_config.json is silent', async () => {
    const tokenizer = await load({ 'tokenizer.json': TOKENIZER, 'special_tokens_map.json': { eos_token: '</s>' } });
    expect([tokenizer.bosId, tokenizer.eosId, tokenizer.padId]).toEqual([null, 2, 2]);
  });

  it('come from generation_config.json, then config.json, by id', async () => {
    const tokenizer = await load({
      'tokenizer.json': TOKENIZER,
      'generation_config.json': { eos_token_id: [2, 5] },
      'config.json': { eos_token_id: 4, bos_token_id: 1 },
    });
    expect([tokenizer.bosId, tokenizer.eosId, tokenizer.padId]).toEqual([1, 2, 2]);
  });

  it('are off where tokenizer_config.json says null', async () => {
    const tokenizer = await load({
      'tokenizer.json': TOKENIZER,
      'tokenizer_config.json': { bos_token: null, eos_token: '</s>' },
      'config.json': { bos_token_id: 1 },
    });
    expect(tokenizer.bosId).toBeNull();
  });
});

it('is told apart by every file that decides about text, and by nothing else', async () => {
  const all = {
    'tokenizer_config.json': CONFIG,
    'special_tokens_map.json': {},
    'generation_config.json': {},
    'chat_template.jinja': 'T',
    'chat_template.json': {},
  };
  const first = (await load({ 'tokenizer.json': TOKENIZER, ...all })).contentHash;
  expect(first).toMatch(/^[0-9a-f]{64}$/);
  const seen = new Set([first]);
  for (const [name, content] of Object.entries({ 'tokenizer.json': TOKENIZER, ...all })) {
    seen.add((await load({ [name]: typeof content === 'string' ? `${content} ` : { ...content, note: 1 } })).contentHash);
  }
  expect(seen.size).toBe(7);
  const last = (await load({})).contentHash;
  expect((await load({ 'README.md': 'R', 'config.json': {} })).contentHash).toBe(last);
});

describe('chat template', () => {
  const base = { 'tokenizer.json': TOKENIZER };
  it.each([
    ['text', { 'tokenizer_config.json': { ...CONFIG, chat_template: 'T' } }],
    ['list', { 'tokenizer_config.json': { ...CONFIG, chat_template: [{ name: 'tool_use', template: 'U' }, { name: 'default', template: 'T' }] } }], // prettier-ignore
    ['jinja file', { 'tokenizer_config.json': { ...CONFIG, chat_template: 'old' }, 'chat_template.jinja': 'T' }],
  ])('as %s', async (_, files) => {
    expect((await load({ ...base, ...files })).chatTemplate).toBe('T');
  });

  it('is absent where there is none', async () => {
    expect((await load({ ...base, 'tokenizer_config.json': CONFIG })).chatTemplate).toBeUndefined();
  });
});

describe('a tokenizer that cannot be used', () => {
  const withModel = (model: object) => ({ ...TOKENIZER, pre_tokenizer: null, decoder: null, model: { ...TOKENIZER.model, ...model } });
  const preTokenized = (part: object) => ({
    'tokenizer.json': { ...TOKENIZER, pre_tokenizer: { type: 'Sequence', pretokenizers: [part, TOKENIZER.pre_tokenizer] } },
  });
  const cases: [string, Record<string, unknown>, string][] = [
    ['no file', {}, 'has no tokenizer.json'],
    ['not JSON', { 'tokenizer.json': '{' }, 'is not valid JSON'],
    ['no EOS', { 'tokenizer.json': TOKENIZER }, 'has no end-of-text token'],
    [
      'EOS that does not exist',
      { 'tokenizer.json': TOKENIZER, 'tokenizer_config.json': { eos_token: '<end>' } },
      'names "<end>" as eos_token',
    ],
    ['no model', { 'tokenizer.json': { added_tokens: [] } }, 'has no model with a vocabulary'],
    ['empty vocabulary', { 'tokenizer.json': withModel({ vocab: {} }) }, 'has an empty vocabulary'],
    ['unknown token that does not exist', { 'tokenizer.json': withModel({ unk_token: '<unk>' }) }, 'names "<unk>" as unk_token'],
    ['nothing for unknown characters', { 'tokenizer.json': withModel({}) }, 'neither an unknown token nor bytes'],
    ['unknown normaliser', { 'tokenizer.json': { ...TOKENIZER, normalizer: { type: 'Nmt2' } } }, 'cannot be used'],
    ['unknown pre-tokenizer', preTokenized({ type: 'UnicodeScripts' }), 'its pre-tokenizer "UnicodeScripts" is not known'],
    ['unknown split', preTokenized({ type: 'Split', pattern: { String: ' ' }, behavior: 'Doubled' }), 'unknown behavior "Doubled"'],
    ['split without a behaviour', preTokenized({ type: 'Split', pattern: { String: ' ' } }), 'unknown behavior undefined'],
    [
      'split without a pattern',
      preTokenized({ type: 'Split', pattern: { Glob: '*' }, behavior: 'Removed' }),
      'its pattern {"Glob":"*"} is not known',
    ],
    ['split at a pattern that is none', preTokenized({ type: 'Split', pattern: { Regex: '(' }, behavior: 'Removed' }), 'cannot be used'],
    ['sequence without parts', { 'tokenizer.json': { ...TOKENIZER, pre_tokenizer: { type: 'Sequence' } } }, 'Sequence has no list'],
    [
      'added token without text',
      { 'tokenizer.json': { ...TOKENIZER, added_tokens: [{ id: 0 }] } },
      'has the added token {"id":0}, which has no text',
    ],
    ['added token without an id', { 'tokenizer.json': { ...TOKENIZER, added_tokens: [{ content: 'x' }] } }, 'has no text or no id'],
    ...(
      [
        ['beyond any vocabulary', 2_000_000_000],
        ['below zero', -1],
        ['between two', 1.5],
        ['of text', '7'],
        ['of none', null],
      ] as const
    ).map(([what, id]): [string, Record<string, unknown>, string] => [
      `an id ${what}`,
      { 'tokenizer.json': withModel({ vocab: { ...TOKENIZER.model.vocab, x: id } }) },
      `gives "x" the id ${JSON.stringify(id)}, expected a whole number of 0 to 4194304`,
    ]),
    [
      'added token beyond any',
      { 'tokenizer.json': { ...TOKENIZER, added_tokens: [{ id: 2 ** 32, content: 'x' }] } },
      'no id of 0 to 4194304',
    ],
    ['added tokens that are no list', { 'tokenizer.json': { ...TOKENIZER, added_tokens: {} } }, 'has added_tokens {}, expected a list'],
    [
      'an added token without end',
      { 'tokenizer.json': { ...TOKENIZER, added_tokens: [{ id: 9, content: 'x'.repeat(2_100_000) }] } },
      'has added tokens of 2100000 characters',
    ],
    ['merges that are none', { 'tokenizer.json': withModel({ merges: null }) }, 'has merges null, expected a list'],
    ['merges of numbers', { 'tokenizer.json': withModel({ merges: [1] }) }, 'has the merge 1, expected two tokens'],
    ['a type that is none', { 'tokenizer.json': withModel({ type: 'Mega' }) }, 'has a model of type "Mega"; supported: BPE, WordPiece'],
    [
      'scores that are none',
      { 'tokenizer.json': { model: { type: 'Unigram', unk_id: 0, vocab: [['a', null]] } } },
      'has ["a",null] in its vocabulary',
    ],
    [
      'unknown id beyond the vocabulary',
      { 'tokenizer.json': { model: { type: 'Unigram', unk_id: 9, vocab: [['a', 0]] } } },
      'has unk_id 9, and 1 tokens',
    ],
    ['brackets without end', { 'tokenizer.json': '['.repeat(1_000_000) }, 'nested deeper than 500'],
    ['a decoder of nothing', { 'tokenizer.json': { ...TOKENIZER, decoder: { type: 'Sequence', decoders: [null] } } }, 'cannot be used'],
    [
      'a template of nothing',
      { 'tokenizer.json': { ...TOKENIZER, post_processor: { type: 'TemplateProcessing', single: null } } },
      'cannot be used',
    ],
    [
      'a template of a token that it does not hold',
      { 'tokenizer.json': { ...TOKENIZER, post_processor: { type: 'TemplateProcessing', single: [{ SpecialToken: { id: '<x>' } }] } } },
      'cannot be used (it puts a token without id into texts)',
    ],
    [
      'a pattern without end',
      preTokenized({ type: 'Split', pattern: { Regex: 'a'.repeat(3_000_000) }, behavior: 'Isolated' }),
      'cannot be used',
    ],
    [
      'a normaliser that doubles and doubles',
      {
        'tokenizer.json': {
          ...TOKENIZER,
          normalizer: {
            type: 'Sequence',
            normalizers: Array.from({ length: 40 }, () => ({ type: 'Replace', pattern: { Regex: '.' }, content: 'aa' })),
          },
        },
      },
      'cannot be used (its normalizer makes more than',
    ],
    ['unknown decoder', { 'tokenizer.json': { ...TOKENIZER, decoder: { type: 'Codec' } } }, 'cannot be used'],
  ];
  it.each(cases)('%s', async (_, files, message) => {
    await expect(load(files)).rejects.toMatchObject({
      code: 'E_MODEL',
      message: expect.stringContaining(message),
      hint: expect.any(String),
    });
    const { message: text } = (await load(files).catch((error: unknown) => error)) as Error;
    expect(text.length).toBeLessThan(500);
  });

  it('without a type but with merges is BPE, as the reference takes it', async () => {
    const { type: _, ...model } = TOKENIZER.model;
    const tokenizer = await load({ 'tokenizer.json': { ...TOKENIZER, model }, 'tokenizer_config.json': CONFIG });
    expect(tokenizer.encode('ab ac')).toEqual([1, 7, 8, 5]);
  });
});
