import { mkdir, mkdtemp, open, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { HostTensor } from '@pharmacist/tensor-kernels';
import { goldenPath, readTokenizerCases, type TokenizerKind } from '@pharmacist/test-fixtures';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ggufBytes, type MetadataValue, type TensorEntry } from '../../test/support/gguf-writer.ts';
import { readCheckpoint } from '../checkpoint.ts';
import { expectedShapes } from '../decoder/weight-shapes.ts';
import { parseModelConfig, readModelConfig, type ModelConfig } from '../config.ts';
import { bfloat16ToFloat32, float32ToBfloat16, float32ToFloat16 } from '@pharmacist/tensor-kernels';
import { Tokenizer } from '../tokenizer.ts';
import { importGguf } from './import-gguf.ts';
import { readTextLists } from './text-lists.ts';

let folder: string;
let path: string;
let out: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gguf-'));
  path = join(folder, 'model.gguf');
  out = join(folder, 'out');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const bfloat16 = (value: number) => bfloat16ToFloat32(float32ToBfloat16(Float32Array.of(value)))[0]!;
const TOKENS = ['<s>', '</s>', 'a', 'b', 'ab'];

function metadata(architecture: string, fields: Record<string, MetadataValue> = {}): Record<string, MetadataValue> {
  const own: Record<string, MetadataValue> = {
    block_count: 2,
    context_length: 64,
    embedding_length: 8,
    feed_forward_length: 6,
    'attention.head_count': 2,
    'attention.head_count_kv': 1,
    'attention.layer_norm_rms_epsilon': { float: 1e-5 },
    'rope.freq_base': { float: 500000 },
  };
  return {
    'general.architecture': architecture,
    ...Object.fromEntries(Object.entries(own).map(([key, value]) => [`${architecture}.${key}`, value])),
    'tokenizer.ggml.model': 'gpt2',
    'tokenizer.ggml.pre': 'gpt-2',
    'tokenizer.ggml.tokens': TOKENS,
    'tokenizer.ggml.token_type': { ints: [3, 3, 1, 1, 1] },
    'tokenizer.ggml.merges': ['a b'],
    'tokenizer.ggml.bos_token_id': 0,
    'tokenizer.ggml.eos_token_id': 1,
    'tokenizer.chat_template': '{{ messages[0].content }}',
    ...fields,
  };
}

const GGUF_NAMES: [RegExp, string][] = [
  [/^model\.embed_tokens/, 'token_embd'],
  [/^model\.norm/, 'output_norm'],
  [/^lm_head/, 'output'],
  [/^model\.layers\./, 'blk.'],
  [/input_layernorm/, 'attn_norm'],
  [/self_attn\.([qkv])_proj/, 'attn_$1'],
  [/self_attn\.o_proj/, 'attn_output'],
  [/post_attention_layernorm/, 'ffn_norm'],
  [/mlp\.(gate|up|down)_proj/, 'ffn_$1'],
];

/** Rows of q and k as llama.cpp's converter orders them: [heads, 2, half] -> [heads, half, 2]. */
function permuted({ shape, data }: HostTensor, numHeads: number): Float32Array {
  const rowLength = data.length / shape[0]!;
  const half = shape[0]! / numHeads / 2;
  const rows = Array.from({ length: shape[0]! }, (_, row) => {
    const [head, i, part] = [Math.floor(row / (2 * half)), Math.floor((row % (2 * half)) / 2), row % 2];
    const source = (head * 2 * half + part * half + i) * rowLength;
    return [...data.subarray(source, source + rowLength)];
  });
  return Float32Array.from(rows.flat());
}

function tinyModel(architecture: 'llama' | 'qwen2'): { config: ModelConfig; weights: Map<string, HostTensor>; tensors: TensorEntry[] } {
  const config = parseModelConfig(
    {
      model_type: architecture,
      vocab_size: 5,
      hidden_size: 8,
      intermediate_size: 6,
      num_hidden_layers: 2,
      num_attention_heads: 2,
      num_key_value_heads: 1,
      eos_token_id: 1,
    },
    '',
  );
  let next = 0;
  const weights = new Map<string, HostTensor>();
  const tensors: TensorEntry[] = [];
  for (const [name, shape] of expectedShapes(config)) {
    const length = shape.reduce((product, dim) => product * dim, 1);
    const tensor = { shape, dtype: 'float32', data: Float32Array.from({ length }, () => next++) } as const;
    weights.set(name, tensor);
    const heads = architecture === 'llama' && /[qk]_proj/.exec(name) ? (name.includes('q_proj') ? 2 : 1) : 0;
    const data = heads > 0 ? permuted(tensor, heads) : tensor.data;
    const ggufName = GGUF_NAMES.reduce((text, [pattern, replacement]) => text.replace(pattern, replacement), name);
    tensors.push({ name: ggufName, shape, ggmlType: 0, bytes: new Uint8Array(data.buffer) });
  }
  return { config, weights, tensors };
}

describe('a model', () => {
  it.each(['llama', 'qwen2'] as const)('of %s form has the weights it was made from', async (architecture) => {
    const { weights, tensors } = tinyModel(architecture);
    await writeFile(path, ggufBytes(metadata(architecture), tensors));
    const { tensorTypes } = await importGguf(path, out);
    expect(tensorTypes).toEqual({ F32: tensors.length });
    const config = await readModelConfig(out);
    expect(config).toMatchObject({
      modelType: architecture,
      normEps: 1e-5,
      ropeTheta: 500000,
      tieWordEmbeddings: false,
      maxPositionEmbeddings: 64,
      numKeyValueHeads: 1,
      bosTokenId: 0,
      eosTokenIds: [1],
    });
    expect((await readCheckpoint(out, config)).weights).toEqual(weights);
    const tokenizer = await Tokenizer.load(out);
    expect(tokenizer.encode('aba<s>')).toEqual([4, 2, 0]);
    expect([tokenizer.bosId, tokenizer.eosId, tokenizer.padId, tokenizer.chatTemplate]).toEqual([0, 1, 1, '{{ messages[0].content }}']);
  });

  it.each([
    ['F16', 1, [1.5, 2], { F16: 792 }, 'float16'],
    ['F16 with norms that 16 bits do not hold', 1, [1 / 3, 2], { F16: 752, F32: 40 }, 'float16'],
    ['BF16', 30, [1.5, 3e38], { BF16: 792 }, 'bfloat16'],
    ['F32 that bfloat16 holds', 0, [1.5, 1e-30], { BF16: 792 }, 'bfloat16'],
    ['F32 that no 16 bits hold', 0, [1 / 3, 2], { F32: 792 }, 'float32'],
  ])('of %s is stored exactly in as few bits', async (_, ggmlType, norms, dtypes, torchDtype) => {
    const { tensors } = tinyModel('llama');
    const entries = tensors.map((tensor, index) => {
      const isNorm = tensor.shape.length === 1;
      const numElements = tensor.shape.reduce((product, size) => product * size, 1);
      const values = Float32Array.from({ length: numElements }, (__, i) =>
        isNorm ? norms[0]! : i % 2 === 0 ? (i + index) / 64 : Math.fround(bfloat16(norms[1]!)),
      );
      const halves = ggmlType === 1 ? float32ToFloat16(values) : float32ToBfloat16(values);
      return isNorm || ggmlType === 0
        ? { ...tensor, bytes: new Uint8Array(values.buffer) }
        : { ...tensor, ggmlType, bytes: new Uint8Array(halves.buffer) };
    });
    await writeFile(path, ggufBytes(metadata('llama'), entries));
    const imported = await importGguf(path, out);
    expect(imported.dtypes).toEqual(dtypes);
    expect(imported.numParameters).toBe(792);
    expect((await readModelConfig(out)).raw).toMatchObject({ torch_dtype: torchDtype });
    const exact = (await readCheckpoint(out, await readModelConfig(out))).weights;
    await importGguf(path, join(folder, 'wide'), { dtype: 'F32' });
    expect(exact).toEqual((await readCheckpoint(join(folder, 'wide'), imported.config)).weights);
  });

  it('is not rounded to an infinity', async () => {
    const { tensors } = tinyModel('llama');
    const large = { ...tensors[0]!, bytes: new Uint8Array(new Float32Array(40).fill(70000).buffer) };
    await writeFile(path, ggufBytes(metadata('llama'), [large, ...tensors.slice(1)]));
    await expect(importGguf(path, out, { dtype: 'F16' })).rejects.toThrow('holds 70000, beyond what F16 can hold');
    expect(await readdir(folder)).toEqual(['model.gguf']);
  });

  it('without an output matrix has tied embeddings', async () => {
    const { tensors } = tinyModel('qwen2');
    await writeFile(path, ggufBytes(metadata('qwen2'), tensors.filter(({ name }) => name !== 'output.weight'))); // prettier-ignore
    expect((await importGguf(path, out)).config.tieWordEmbeddings).toBe(true);
  });

  it('with the factors of Llama 3.2 has its rope scaling', async () => {
    const { tensors } = tinyModel('llama');
    // By the formula of Llama 3 for head_dim 4, theta 500000, factor 32: wavelength 2 pi stays, 2 pi sqrt(500000) lies in the blend.
    const smooth = (8192 / (2 * Math.PI * Math.sqrt(500000)) - 1) / 3;
    const factors = Float32Array.of(1, 1 / ((1 - smooth) / 32 + smooth));
    const rope = (data: Float32Array) => ({ name: 'rope_freqs.weight', shape: [2], ggmlType: 0, bytes: new Uint8Array(data.buffer) });
    await writeFile(path, ggufBytes(metadata('llama'), [...tensors, rope(factors)]));
    // Here no frequency is stretched by the whole factor, so it cannot be read off: the file is refused rather than guessed at.
    await expect(importGguf(path, out)).rejects.toThrow('"rope_freqs.weight" holds factors other than those of Llama 3.1 and 3.2');
    await writeFile(
      path,
      ggufBytes(metadata('llama', { 'llama.rope.freq_base': { float: 1e8 } }), [...tensors, rope(Float32Array.of(1, 32))]),
    );
    expect((await importGguf(path, out)).config.ropeScaling).toEqual({
      type: 'llama3',
      factor: 32,
      lowFreqFactor: 1,
      highFreqFactor: 4,
      originalMaxPositionEmbeddings: 8192,
    });
  });
});

describe('a tokenizer written to GGUF and imported again encodes as before', () => {
  const kinds: [TokenizerKind, string][] = [['gpt2', 'gpt-2'], ['smollm', 'smollm'], ['llama3', 'llama-bpe'], ['qwen2', 'qwen2']]; // prettier-ignore
  it.each(kinds)('%s', async (kind, pre) => {
    const json = JSON.parse(await readFile(goldenPath('tokenizers', kind, 'tokenizer.json'), 'utf8')) as {
      model: { vocab: Record<string, number>; merges: (string | string[])[] };
      added_tokens: { id: number; content: string; special: boolean }[];
      post_processor: { type: string } | null;
    };
    const tokens: string[] = [];
    for (const [token, id] of Object.entries(json.model.vocab)) tokens[id] = token;
    for (const { id, content } of json.added_tokens) tokens[id] = content;
    const types = tokens.map(() => 1);
    for (const { id, special } of json.added_tokens) types[id] = special ? 3 : 4;
    const tokenizerConfig = JSON.parse(await readFile(goldenPath('tokenizers', kind, 'tokenizer_config.json'), 'utf8')) as Record<
      string,
      string
    >;
    const [eos, bos] = [tokenizerConfig['eos_token']!, tokenizerConfig['bos_token'] ?? tokenizerConfig['eos_token']!];
    const { tensors } = tinyModel('qwen2');
    const embedding = { name: 'token_embd.weight', shape: [tokens.length, 8], ggmlType: 0, bytes: new Uint8Array(tokens.length * 32) };
    const output = { ...embedding, name: 'output.weight' };
    const fields = {
      'tokenizer.ggml.pre': pre,
      'tokenizer.ggml.tokens': tokens,
      'tokenizer.ggml.token_type': { ints: types },
      'tokenizer.ggml.merges': json.model.merges.map((merge) => (typeof merge === 'string' ? merge : merge.join(' '))),
      'tokenizer.ggml.bos_token_id': tokens.indexOf(bos),
      'tokenizer.ggml.eos_token_id': tokens.indexOf(eos),
    };
    await writeFile(path, ggufBytes(metadata('qwen2', fields), [embedding, output, ...tensors.filter(({ name }) => !name.startsWith('token_embd') && name !== 'output.weight')])); // prettier-ignore
    await importGguf(path, out);
    const tokenizer = await Tokenizer.load(out);
    for (const { text, ids, idsWithSpecialTokens, decoded } of readTokenizerCases(kind)) {
      // This token takes the spaces around it; a GGUF file cannot say so.
      if (text.includes('<mask>')) continue;
      expect(tokenizer.encode(text, { addSpecialTokens: false }), text).toEqual(ids);
      expect(tokenizer.encode(text), text).toEqual(idsWithSpecialTokens);
      expect(tokenizer.decode(idsWithSpecialTokens, { skipSpecialTokens: false }), text).toBe(decoded);
    }
  });
});

it('tokens that differ by a byte order mark only stay apart', async () => {
  const tokens = ['<s>', '</s>', 'a', '\uFEFFa', '\uFEFF'];
  await writeFile(
    path,
    ggufBytes({ 'tokenizer.ggml.tokens': tokens, 'general.tags': ['x'], 'a.flag': true, 'a.floats': { floats: [1, 2] } }, []),
  );
  const file = await open(path, 'r');
  try {
    const lists = await readTextLists(file, (await file.stat()).size);
    expect(Object.fromEntries(lists)).toEqual({ 'tokenizer.ggml.tokens': tokens, 'general.tags': ['x'] });
    await expect(readTextLists(file, 60)).rejects.toThrow(RangeError);
  } finally {
    await file.close();
  }
});

describe('a SentencePiece vocabulary', () => {
  it('becomes BPE with a prefix space and bytes to fall back on', async () => {
    const bytes = Array.from({ length: 256 }, (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`);
    const tokens = ['<unk>', '<s>', '</s>', ...bytes, '▁', 'a', 'b', '▁a', 'ab', '▁ab'];
    const [space, a, , spaceA, , spaceAb] = [259, 260, 261, 262, 263, 264];
    const { tensors } = tinyModel('llama');
    const embedding = { name: 'token_embd.weight', shape: [tokens.length, 8], ggmlType: 0, bytes: new Uint8Array(tokens.length * 32) };
    const fields = {
      'tokenizer.ggml.model': 'llama',
      'tokenizer.ggml.tokens': tokens,
      'tokenizer.ggml.scores': { floats: tokens.map((_, id) => (id < 262 ? 0 : 261 - id)) },
      'tokenizer.ggml.token_type': { ints: [2, 3, 3, ...bytes.map(() => 6), 1, 1, 1, 1, 1, 1] },
      'tokenizer.ggml.bos_token_id': 1,
      'tokenizer.ggml.eos_token_id': 2,
      'tokenizer.ggml.unknown_token_id': 0,
    };
    await writeFile(path, ggufBytes(metadata('llama', fields), [embedding, ...tensors.filter(({ name }) => name !== 'token_embd.weight' && name !== 'output.weight')])); // prettier-ignore
    await importGguf(path, out);
    const tokenizer = await Tokenizer.load(out);
    expect(tokenizer.encode('ab a')).toEqual([1, spaceAb, spaceA]);
    expect(tokenizer.encode('  a\n')).toEqual([1, space, space, spaceA, 3 + 10]);
    expect(tokenizer.encode('aé')).toEqual([1, spaceA, 3 + 0xc3, 3 + 0xa9]);
    expect(tokenizer.encode('</s>a')).toEqual([1, 2, spaceA]);
    expect(tokenizer.decode([1, spaceAb, a!, 3 + 0xc3, 3 + 0xa9, spaceA])).toBe('abaé a');
  });
});

describe('files that are refused', () => {
  const { tensors } = tinyModel('llama');
  const valid = ggufBytes(metadata('llama'), tensors);
  const cases: [string, Uint8Array, string][] = [
    ['another format', Buffer.alloc(64, 'x'), 'is not a readable GGUF file'],
    ['an empty file', Buffer.alloc(0), 'is not a readable GGUF file'],
    ['cut in the tensors', valid.subarray(0, valid.length - 64), 'is cut short: tensor "output.weight"'],
    ['cut in the header', valid.subarray(0, 300), 'is cut short: its header does not fit into 300 bytes'],
    ['another architecture', ggufBytes({ ...metadata('llama'), 'general.architecture': 'mamba' }, tensors), 'family "mamba", which is not supported (missing here: layers with a state'],
    ['another quantisation', ggufBytes(metadata('llama'), [{ ...tensors[0]!, ggmlType: 16 }, ...tensors.slice(1)]), 'type IQ2_XXS (1 tensors); supported: F32'],
    ['a missing field', ggufBytes(Object.fromEntries(Object.entries(metadata('llama')).filter(([key]) => key !== 'llama.block_count')), tensors), 'lacks the metadata "llama.block_count"'],
    ['a field of another type', ggufBytes(metadata('llama', { 'llama.block_count': 'two' }), tensors), 'metadata "llama.block_count" is not a number'],
    ['a missing tensor', ggufBytes(metadata('llama'), tensors.slice(0, 5)), 'weights do not fit config.json'],
    ['a foreign tensor', ggufBytes(metadata('llama'), [...tensors, { ...tensors[0]!, name: 'blk.0.ssm_a' }]), 'that no model of the family Llama and SmolLM has: blk.0.ssm_a'],
    ['an unknown pre-tokenizer', ggufBytes(metadata('llama', { 'tokenizer.ggml.pre': 'tekken' }), tensors), 'in the way "tekken"; supported: gpt-2, smollm'],
    ['an unknown tokenizer', ggufBytes(metadata('llama', { 'tokenizer.ggml.model': 'bert' }), tensors), 'kind "bert"; supported: gpt2, llama'],
    ['a scaling nobody knows', ggufBytes(metadata('llama', { 'llama.rope.scaling.type': 'spiral' }), tensors), 'type "spiral"; supported: linear'],
    ['another architecture in another quantisation', ggufBytes({ ...metadata('llama'), 'general.architecture': 'gpt2' }, [{ ...tensors[0]!, ggmlType: 10 }, ...tensors.slice(1)]), 'family "gpt2", which is not supported'],
    ['a mixture of experts', ggufBytes(metadata('llama', { 'llama.expert_count': 8 }), tensors), 'mixture of experts'],
  ]; // prettier-ignore
  it.each(cases)('%s', async (_, bytes, message) => {
    await writeFile(path, bytes);
    await expect(importGguf(path, out)).rejects.toMatchObject({
      code: 'E_MODEL',
      message: expect.stringContaining(message),
      hint: expect.any(String),
    });
    expect((await readdir(folder)).includes('out') ? await readdir(out) : []).not.toContain('config.json');
  });

  it('a file that is missing, and a folder that is in use', async () => {
    await expect(importGguf(path, out)).rejects.toMatchObject({ code: 'E_FILE', where: path });
    await writeFile(path, valid);
    await mkdir(out);
    await writeFile(join(out, 'notes.txt'), 'mine');
    await expect(importGguf(path, out)).rejects.toMatchObject({ code: 'E_CONFIG', where: out });
    expect(await readdir(out)).toEqual(['notes.txt']);
  });
});
