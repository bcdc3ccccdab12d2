import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { goldenPath, modelPath } from '@pharmacist/test-fixtures';
import { floats, type HostTensor } from '@pharmacist/tensor-kernels';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ggufBytes, type MetadataValue, type TensorEntry } from '../../test/support/gguf-writer.ts';
import { readCheckpoint } from '../checkpoint.ts';
import { familyOf, type ModelConfig, readModelConfig } from '../config.ts';
import { MODEL_FAMILIES } from '../families/registry.ts';
import { importGguf } from './import-gguf.ts';

/** What llama.cpp's own tables call the weights of each tiny model. */
const FORMS = JSON.parse(readFileSync(goldenPath('gguf', 'names.json'), 'utf8')) as Record<
  string,
  { architecture: string; tensors: Record<string, string> }
>;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gguf-families-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const float = (value: number): MetadataValue => ({ float: value });

/** The fields that llama.cpp's converter writes for a model, without prefix. */
function fieldsOf(config: ModelConfig): Record<string, MetadataValue> {
  const { raw, ropeScaling: scaling } = config;
  const number = (key: string) => raw[key] as number;
  const window = config.layers.find((layer) => layer.window !== undefined)?.window;
  const common: Record<string, MetadataValue> = {
    block_count: config.numLayers,
    context_length: config.maxPositionEmbeddings,
    embedding_length: config.hiddenSize,
    feed_forward_length: config.intermediateSize,
    'attention.head_count': config.numAttentionHeads,
    'attention.head_count_kv': config.numKeyValueHeads,
    'attention.key_length': config.headDim,
    [`attention.layer_norm_${familyOf(config).norm === 'layer' ? '' : 'rms_'}epsilon`]: float(config.normEps),
    'rope.freq_base': float(config.ropeTheta),
    'rope.dimension_count': config.rotaryDim,
    ...(window === undefined ? {} : { 'attention.sliding_window': window }),
    ...(scaling?.type === 'linear' && { 'rope.scaling.type': 'linear', 'rope.scaling.factor': float(scaling.factor) }),
    ...(scaling?.type === 'longrope' && {
      'rope.scaling.original_context_length': scaling.originalMaxPositionEmbeddings,
      'rope.scaling.attn_factor': float(scaling.attentionFactor),
    }),
    ...(scaling?.type === 'yarn' && {
      'rope.scaling.type': 'yarn',
      'rope.scaling.factor': float(scaling.factor),
      'rope.scaling.original_context_length': scaling.originalMaxPositionEmbeddings,
    }),
  };
  const own: Record<string, Record<string, MetadataValue>> = {
    gemma2: {
      attn_logit_softcapping: float(number('attn_logit_softcapping')),
      final_logit_softcapping: float(number('final_logit_softcapping')),
    },
    gemma3_text: { 'rope.freq_base_swa': float(config.localRope?.ropeTheta ?? 0) },
    granite: {
      'attention.scale': float(number('attention_multiplier')),
      embedding_scale: float(number('embedding_multiplier')),
      residual_scale: float(number('residual_multiplier')),
      logit_scale: float(number('logits_scaling')),
    },
    stablelm: { use_parallel_residual: config.isParallel },
  };
  return { ...common, ...own[config.modelType] };
}

const TOKENIZER = {
  'tokenizer.ggml.model': 'gpt2',
  'tokenizer.ggml.pre': 'gpt-2',
  'tokenizer.ggml.tokens': Array.from({ length: 96 }, (_, i) => `t${i}`),
  'tokenizer.ggml.token_type': { ints: Array.from({ length: 96 }, () => 1) },
  'tokenizer.ggml.merges': ['t 1'],
  'tokenizer.ggml.bos_token_id': 1,
  'tokenizer.ggml.eos_token_id': 2,
  'tokenizer.ggml.padding_token_id': 0,
};

/** Rows of q and k as the converter orders them: [heads, 2, half] to [heads, half, 2]. */
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

/** The architectures whose converter reorders q and k, as its classes inherit from LlamaModel; and those whose norms it adds 1 to. */
const PERMUTED = ['llama', 'granite', 'smollm3'];
const SHIFTED = ['gemma', 'gemma2', 'gemma3'];

function entriesOf(form: string, config: ModelConfig, weights: ReadonlyMap<string, HostTensor>): TensorEntry[] {
  const { architecture, tensors } = FORMS[form]!;
  const entries = [...weights].map(([name, tensor]): TensorEntry => {
    const heads = name.includes('q_proj') ? config.numAttentionHeads : name.includes('k_proj') ? config.numKeyValueHeads : 0;
    const isShifted = SHIFTED.includes(architecture) && name.endsWith('norm.weight');
    const ordered = PERMUTED.includes(architecture) && heads > 0 ? permuted(tensor, heads) : floats(tensor);
    const data = isShifted ? ordered.map((value) => value + 1) : ordered;
    return { name: tensors[name]!, shape: tensor.shape, ggmlType: 0, bytes: new Uint8Array(Float32Array.from(data).buffer) };
  });
  // A norm of each head is a row of one tensor there.
  const stacked = [...new Set(entries.map(({ name }) => name))].map((name): TensorEntry => {
    const [first, ...others] = entries.filter((entry) => entry.name === name);
    if (others.length === 0) return first!;
    const bytes = Buffer.concat([first!, ...others].map((entry) => entry.bytes));
    return { name, shape: [1 + others.length, ...first!.shape], ggmlType: 0, bytes };
  });
  if (config.ropeScaling?.type !== 'longrope') return stacked;
  const { shortFactors, longFactors } = config.ropeScaling;
  const factors = { 'rope_factors_short.weight': shortFactors, 'rope_factors_long.weight': longFactors };
  return [
    ...stacked,
    ...Object.entries(factors).map(([name, values]) => ({
      name,
      shape: [values.length],
      ggmlType: 0,
      bytes: new Uint8Array(Float32Array.from(values).buffer),
    })),
  ];
}

/** What a GGUF file cannot say of a tiny model: there llama.cpp assumes what all published models have. */
function assumed(form: string, config: ModelConfig): Partial<ModelConfig> {
  const each = (kind: ModelConfig['layers'][number]) => Array.from({ length: config.numLayers }, () => kind);
  const attentionScale = 1 / Math.sqrt(config.headDim);
  if (form === 'gemma2') return { attentionScale };
  if (form === 'gemma3') return { attentionScale, layers: each({ window: 8, rotary: 'local' }) };
  if (form === 'qwen3' || form === 'smollm3') return { layers: each({ rotary: 'main' }) };
  if (form === 'llama-yarn') return { ropeScaling: { ...config.ropeScaling, betaFast: 32 } as ModelConfig['ropeScaling'] & object };
  return {};
}

describe('a GGUF file of', () => {
  it.each(Object.keys(FORMS))('%s gives the model it was made from', async (form) => {
    const { config, weights } = await readCheckpoint(modelPath(form), await readModelConfig(modelPath(form)));
    const { architecture } = FORMS[form]!;
    const own = Object.fromEntries(Object.entries(fieldsOf(config)).map(([key, value]) => [`${architecture}.${key}`, value]));
    const path = join(folder, 'model.gguf');
    await writeFile(path, ggufBytes({ 'general.architecture': architecture, ...own, ...TOKENIZER }, entriesOf(form, config, weights)));
    const out = join(folder, 'out');
    await importGguf(path, out);
    const imported = await readModelConfig(out);
    const { raw: _, modelType, ...expected } = { ...config, ...assumed(form, config) };
    // Its factors are a tensor, and are only known for the original length of Llama 3.
    if (form === 'llama3') delete (expected as { ropeScaling?: unknown }).ropeScaling;
    // Mistral without a window and Llama are one architecture.
    const isLlama = modelType === 'mistral' && config.layers.every(({ window }) => window === undefined);
    expect(imported).toEqual({ ...expected, modelType: isLlama ? 'llama' : modelType, raw: imported.raw });
    const read = await readCheckpoint(out, imported);
    expect([...read.weights.keys()].sort()).toEqual([...weights.keys()].sort());
    for (const [name, tensor] of weights) {
      // Norms around one were stored with 1 added: half a unit in the last place of 1.2.
      const tolerance = { rtol: 0, atol: SHIFTED.includes(architecture) && name.endsWith('norm.weight') ? 1e-7 : 0 };
      expect(read.weights.get(name)!.shape).toEqual(tensor.shape);
      expect(floats(read.weights.get(name)!), name).toBeAllclose(floats(tensor), tolerance);
    }
  });

  it('every architecture is known under the name that llama.cpp gives it', () => {
    const known = [...MODEL_FAMILIES].flatMap(({ gguf }) => (gguf === undefined ? [] : [gguf.architecture]));
    expect(known.sort()).toEqual([...new Set(Object.values(FORMS).map(({ architecture }) => architecture))].sort());
  });
});
