import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ModelError } from '@pharmacist/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseModelConfig, readModelConfig, writeModelConfig } from './config.ts';

const LLAMA = {
  architectures: ['LlamaForCausalLM'],
  model_type: 'llama',
  vocab_size: 128,
  hidden_size: 64,
  intermediate_size: 96,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  hidden_act: 'silu',
  rms_norm_eps: 1e-5,
  max_position_embeddings: 256,
  rope_theta: 500000,
  rope_scaling: null,
  tie_word_embeddings: true,
  bos_token_id: 0,
  eos_token_id: 3,
  extra_field: 'kept',
};

const LLAMA3_ROPE = { factor: 8, low_freq_factor: 1, high_freq_factor: 4, original_max_position_embeddings: 128 };
const LLAMA3_SCALING = { type: 'llama3', factor: 8, lowFreqFactor: 1, highFreqFactor: 4, originalMaxPositionEmbeddings: 128 };

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'config-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('supported forms', () => {
  it('reads a Llama file', () => {
    expect(parseModelConfig(LLAMA, 'config.json')).toEqual({
      modelType: 'llama',
      vocabSize: 128,
      hiddenSize: 64,
      intermediateSize: 96,
      numLayers: 2,
      numAttentionHeads: 4,
      numKeyValueHeads: 2,
      headDim: 16,
      rotaryDim: 16,
      normEps: 1e-5,
      ropeTheta: 500000,
      maxPositionEmbeddings: 256,
      tieWordEmbeddings: true,
      biases: { attentionInput: false, attentionOutput: false, mlp: false },
      layers: [{ rotary: 'main' }, { rotary: 'main' }],
      attentionScale: 0.25,
      embeddingScale: 1,
      residualScale: 1,
      logitScale: 1,
      isParallel: false,
      hasHeadNorms: false,
      bosTokenId: 0,
      eosTokenIds: [3],
      padTokenId: null,
      raw: LLAMA,
    });
  });

  it('fills in what transformers assumes', () => {
    const { num_key_value_heads: _, bos_token_id: __, eos_token_id: ___, tie_word_embeddings: ____, ...silent } = LLAMA;
    expect(parseModelConfig(silent, '')).toMatchObject({
      numKeyValueHeads: 4,
      bosTokenId: 1,
      eosTokenIds: [2],
      tieWordEmbeddings: false,
    });
  });

  it.each([
    ['transformers 4', { rope_scaling: { rope_type: 'llama3', ...LLAMA3_ROPE } }],
    ['transformers 4 before rope_type', { rope_scaling: { type: 'llama3', ...LLAMA3_ROPE } }],
    ['transformers 5', { rope_theta: undefined, rope_parameters: { rope_type: 'llama3', rope_theta: 500000, ...LLAMA3_ROPE } }],
  ])('reads llama3 rope scaling in the spelling of %s', (_, fields) => {
    expect(parseModelConfig({ ...LLAMA, ...fields }, '')).toMatchObject({ ropeTheta: 500000, ropeScaling: LLAMA3_SCALING });
  });

  it('reads linear rope scaling, and none where transformers 5 writes the default', () => {
    expect(parseModelConfig({ ...LLAMA, rope_scaling: { type: 'linear', factor: 4 } }, '').ropeScaling).toEqual({
      type: 'linear',
      factor: 4,
    });
    const plain = parseModelConfig({ ...LLAMA, rope_theta: undefined, rope_parameters: { rope_type: 'default', rope_theta: 7 } }, '');
    expect(plain).toMatchObject({ ropeTheta: 7 });
    expect(plain.ropeScaling).toBeUndefined();
  });

  it('gives Qwen2 its biases, and its window to the upper layers where it is on', () => {
    const qwen = { ...LLAMA, architectures: ['Qwen2ForCausalLM'], model_type: 'qwen2', sliding_window: 32, max_window_layers: 1 };
    const biases = { attentionInput: true, attentionOutput: false, mlp: false };
    const full = { rotary: 'main' };
    expect(parseModelConfig({ ...qwen, use_sliding_window: false }, '')).toMatchObject({ biases, layers: [full, full] });
    expect(parseModelConfig({ ...qwen, use_sliding_window: true }, '').layers).toEqual([full, { ...full, window: 32 }]);
    const layer_types = ['sliding_attention', 'full_attention'];
    expect(parseModelConfig({ ...qwen, use_sliding_window: true, layer_types }, '').layers).toEqual([{ ...full, window: 32 }, full]);
  });

  it.each([
    [
      'yarn by its own rule',
      { type: 'yarn', factor: 4, original_max_position_embeddings: 64 },
      {
        type: 'yarn',
        factor: 4,
        attentionFactor: 0.1 * Math.log(4) + 1,
        betaFast: 32,
        betaSlow: 1,
        isTruncated: true,
        originalMaxPositionEmbeddings: 64,
      },
    ],
    [
      "yarn by DeepSeek's ratio",
      { type: 'yarn', factor: 4, mscale: 0.7, mscale_all_dim: 1 },
      { attentionFactor: (0.07 * Math.log(4) + 1) / (0.1 * Math.log(4) + 1), originalMaxPositionEmbeddings: 256 },
    ],
    [
      'yarn with a factor of lengths',
      { type: 'yarn', factor: null, original_max_position_embeddings: 64, attention_factor: 1.5, truncate: false },
      { factor: 4, attentionFactor: 1.5, isTruncated: false },
    ],
    [
      'longrope under its old name',
      { type: 'su', short_factor: Array(8).fill(1), long_factor: Array(8).fill(2), original_max_position_embeddings: 64 },
      { type: 'longrope', attentionFactor: Math.sqrt(1 + Math.log(4) / Math.log(64)), longFactors: Array(8).fill(2) },
    ],
  ])('reads %s', (_, rope_scaling, expected) => {
    expect(parseModelConfig({ ...LLAMA, rope_scaling }, '').ropeScaling).toMatchObject(expected);
  });

  it('reads dynamic scaling, which begins beyond max_position_embeddings', () => {
    const { ropeScaling } = parseModelConfig({ ...LLAMA, rope_scaling: { type: 'dynamic', factor: 2 } }, '');
    expect(ropeScaling).toEqual({ type: 'dynamic', factor: 2, originalMaxPositionEmbeddings: LLAMA.max_position_embeddings });
  });

  it('gives Gemma 3 two kinds of layers, each with its angles, in either spelling', () => {
    const shape = {
      ...LLAMA,
      architectures: ['Gemma3ForCausalLM'],
      model_type: 'gemma3_text',
      hidden_act: undefined,
      rope_theta: undefined,
      num_hidden_layers: 6,
      head_dim: 16,
      sliding_window: 8,
      eos_token_id: 1,
    };
    const spellings = [
      { rope_theta: 7, rope_local_base_freq: 9, rope_scaling: { rope_type: 'linear', factor: 8 } },
      {
        rope_parameters: {
          full_attention: { rope_type: 'linear', factor: 8, rope_theta: 7 },
          sliding_attention: { rope_type: 'default', rope_theta: 9 },
        },
      },
    ];
    for (const spelling of spellings) {
      expect(parseModelConfig({ ...shape, ...spelling }, '')).toMatchObject({
        ropeTheta: 7,
        ropeScaling: { type: 'linear', factor: 8 },
        localRope: { ropeTheta: 9 },
        layers: [...Array.from({ length: 5 }, () => ({ window: 8, rotary: 'local' })), { rotary: 'main' }],
        embeddingScale: 8,
        attentionScale: 1 / 16,
      });
    }
    expect(parseModelConfig(shape, '')).toMatchObject({ ropeTheta: 1_000_000, localRope: { ropeTheta: 10_000 } });
  });

  it('gives Llama biases where it has some', () => {
    expect(parseModelConfig({ ...LLAMA, attention_bias: true }, '').biases).toEqual({
      attentionInput: true,
      attentionOutput: true,
      mlp: false,
    });
    expect(parseModelConfig({ ...LLAMA, mlp_bias: true }, '').biases).toMatchObject({ attentionOutput: false, mlp: true });
  });

  it('gives Mistral its window', () => {
    const mistral = { ...LLAMA, architectures: ['MistralForCausalLM'], model_type: 'mistral', sliding_window: 32, head_dim: 32 };
    expect(parseModelConfig(mistral, '')).toMatchObject({
      layers: [{ window: 32 }, { window: 32 }],
      headDim: 32,
    });
    expect(parseModelConfig({ ...mistral, sliding_window: null }, '').layers).toEqual([{ rotary: 'main' }, { rotary: 'main' }]);
  });

  it('joins the end tokens of both files and drops a negative pad id', async () => {
    await writeFile(join(folder, 'config.json'), JSON.stringify({ ...LLAMA, pad_token_id: -1 }));
    await writeFile(join(folder, 'generation_config.json'), JSON.stringify({ eos_token_id: [3, 7] }));
    expect(await readModelConfig(folder)).toMatchObject({ eosTokenIds: [3, 7], padTokenId: null });
  });
});

describe('unsupported forms', () => {
  const cases: [string, object, string][] = [
    ['architecture', { architectures: ['GPT2LMHeadModel'] }, 'architectures.0 is "GPT2LMHeadModel"; supported: LlamaForCausalLM'],
    ['activation', { hidden_act: 'gelu' }, 'hidden_act is "gelu"; supported: silu'],
    [
      'rope type',
      { rope_scaling: { rope_type: 'mrope', factor: 2 } },
      'rope_scaling.rope_type is "mrope"; supported: default, linear, dynamic, llama3, yarn, longrope',
    ],
    ['rope without factor', { rope_scaling: { type: 'linear' } }, 'rope_scaling.factor is missing'],
    ['dynamic without factor', { rope_scaling: { type: 'dynamic' } }, 'rope_scaling.factor is missing; rope type dynamic needs it'],
    [
      'a base that shrinks',
      { rope_scaling: { type: 'dynamic', factor: 0.5 } },
      'rope type dynamic has the factor 0.5; it must be at least 1',
    ],
    [
      'dynamic with one angle',
      { head_dim: 2, rope_scaling: { type: 'dynamic', factor: 2 } },
      'rope type dynamic needs more than one angle a head',
    ],
    ['longrope without factors', { rope_scaling: { type: 'longrope', short_factor: [1] } }, 'rope_scaling.long_factor is missing'],
    [
      'longrope of another head',
      { rope_scaling: { type: 'su', short_factor: [1], long_factor: [1] } },
      'short_factor has 1 numbers, but 8 angles are to be stretched',
    ],
    [
      'longrope from one position',
      { rope_scaling: { type: 'longrope', short_factor: [1], long_factor: [1], original_max_position_embeddings: 1 } },
      'original_max_position_embeddings is 1, from which no factor of attention follows',
    ],
    ['too few layer types', { layer_types: ['full_attention'] }, 'layer_types names 1 layers, but num_hidden_layers is 2'],
    ['another kind of layer', { layer_types: ['linear_attention', 'full_attention'] }, 'layer_types.0 is "linear_attention"; supported'],
    ['quantised', { quantization_config: { quant_method: 'awq' } }, 'quantization_config is not supported'],
    ['rotary embeddings of a part', { partial_rotary_factor: 0.5 }, 'partial_rotary_factor is not supported'],
    ['heads', { num_key_value_heads: 3 }, 'num_key_value_heads is 3, which does not divide num_attention_heads 4'],
    ['odd head', { head_dim: 15 }, 'head_dim is 15'],
    ['eos', { eos_token_id: 128 }, 'eos_token_id is 128, but vocab_size is 128'],
    ['missing', { hidden_size: undefined }, 'hidden_size is missing'],
    ['no layer', { num_hidden_layers: 0 }, 'num_hidden_layers is 0, expected a whole number of 1 to 1024'],
    ['millions of layers', { num_hidden_layers: 5_000_000 }, 'num_hidden_layers is 5000000, expected a whole number of 1 to 1024'],
    ['half a layer', { num_hidden_layers: 1.5 }, 'num_hidden_layers is 1.5, expected a whole number of 1 to 1024'],
    ['layers as text', { num_hidden_layers: '2' }, 'num_hidden_layers is "2", expected a whole number'],
    ['a negative width', { hidden_size: -64 }, 'hidden_size is -64, expected a whole number of 1 to 2147483647'],
    ['a width without end', { hidden_size: 1e300 }, 'hidden_size is 1e+300, expected a whole number'],
    ['a width of none', { hidden_size: null }, 'hidden_size is null, expected a whole number'],
    ['a vocabulary beyond 32 bits', { vocab_size: 2 ** 31 }, 'vocab_size is 2147483648, expected a whole number of 1 to 2147483647'],
    ['no head', { num_attention_heads: 0 }, 'num_attention_heads is 0, expected a whole number'],
    [
      'more heads than width',
      { num_attention_heads: 128, num_key_value_heads: 128 },
      'head_dim is 0.5; rotary embeddings need an even number',
    ],
    ['no positions', { max_position_embeddings: 0 }, 'max_position_embeddings is 0, expected a whole number'],
    ['an epsilon of none', { rms_norm_eps: 0 }, 'rms_norm_eps is 0, expected a number above 0'],
    ['a rope base of none', { rope_theta: -1 }, 'rope_theta is -1, expected a number above 0'],
    ['a token id beyond 32 bits', { bos_token_id: 2 ** 40 }, 'bos_token_id is 1099511627776, expected a token id'],
    ['an end token of text', { eos_token_id: '</s>' }, 'eos_token_id is "</s>", expected a token id or a list of them'],
  ];
  it.each(cases)('%s', (_, fields, message) => {
    expect(() => parseModelConfig({ ...LLAMA, ...fields }, 'm/config.json')).toThrow(message);
  });

  it.each([
    ['gpt2', 'GPT2LMHeadModel', 'embeddings of positions and an MLP without a gate'],
    ['mixtral', 'MixtralForCausalLM', 'a mixture of experts'],
    ['mamba', 'MambaForCausalLM', 'layers with a state in place of attention'],
    ['gemma3', 'Gemma3ForConditionalGeneration', 'images; save its language model alone'],
  ])('of the family %s: one message with what is missing and which families there are', (model_type, architecture, missing) => {
    try {
      parseModelConfig({ model_type, architectures: [architecture], n_embd: 8 }, 'm/config.json');
      expect.unreachable();
    } catch (error) {
      expect((error as ModelError).message).toBe(
        `is a model of the family "${model_type}", which is not supported (missing here: ${missing})`,
      );
      expect((error as ModelError).hint).toMatch(/^use a model of one of these families: Llama and SmolLM, Mistral, Qwen2/);
    }
  });

  it('of a family nobody knows, or of none', () => {
    expect(() => parseModelConfig({ model_type: 'brandnew' }, '')).toThrow(
      'is a model of the family "brandnew", which is not supported (its form is not known here)',
    );
    expect(() => parseModelConfig({ model_type: 7 }, '')).toThrow('is a model of the family 7');
    expect(() => parseModelConfig({}, '')).toThrow('model_type is missing');
  });

  it('a million wrong values give one message of few lines', async () => {
    await writeFile(
      join(folder, 'config.json'),
      JSON.stringify({ ...LLAMA, eos_token_id: Array.from({ length: 1_000_000 }, (_, i) => 128 + i), model_type: 'x'.repeat(1_000_000) }),
    );
    const error = await readModelConfig(folder).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(ModelError);
    expect((error as ModelError).describe().length).toBeLessThan(1000);
    await writeFile(
      join(folder, 'config.json'),
      JSON.stringify({ ...LLAMA, eos_token_id: Array.from({ length: 1_000_000 }, (_, i) => 128 + i) }),
    );
    await expect(readModelConfig(folder)).rejects.toThrow(/^1000000 problems\n {2}eos_token_id is 128,.*\n {2}and 999980 more$/s);
  });

  it('a file that is nested without end', async () => {
    await writeFile(join(folder, 'config.json'), '{"a":'.repeat(1_000_000));
    await expect(readModelConfig(folder)).rejects.toThrow('is not valid JSON (arrays and objects are nested deeper than 500)');
  });

  it('lists all problems at once', () => {
    try {
      parseModelConfig({ ...LLAMA, hidden_act: 'relu', head_dim: 5 }, 'm/config.json');
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(ModelError);
      expect((error as ModelError).describe()).toMatch(/^E_MODEL m\/config\.json: 2 problems\n {2}hidden_act .*\n {2}head_dim .*\sFix: /s);
    }
  });

  it('a directory without the file, and a file that is not JSON', async () => {
    await expect(readModelConfig(folder)).rejects.toThrow('has no config.json');
    await writeFile(join(folder, 'config.json'), '{"model_type":');
    await expect(readModelConfig(folder)).rejects.toMatchObject({ code: 'E_MODEL', where: join(folder, 'config.json') });
  });
});

describe('writing', () => {
  it.each([
    ['plain', {}],
    ['llama3 rope', { rope_scaling: { rope_type: 'llama3', ...LLAMA3_ROPE } }],
    ['transformers 5', { rope_theta: undefined, rope_parameters: { rope_type: 'linear', rope_theta: 9, factor: 2 } }],
    ['two end tokens', { eos_token_id: [3, 7] }],
  ])('reads back the same: %s', async (_, fields) => {
    const config = parseModelConfig({ ...LLAMA, ...fields }, '');
    await writeModelConfig(folder, config);
    const { raw, ...read } = await readModelConfig(folder);
    expect({ ...read, raw: config.raw }).toEqual(config);
    expect(raw['extra_field']).toBe('kept');
    expect(JSON.parse(await readFile(join(folder, 'generation_config.json'), 'utf8'))).toMatchObject({ bos_token_id: 0 });
  });
});
