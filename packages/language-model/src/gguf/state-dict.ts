import { ModelError } from '@pharmacist/core';
import { float32, type HostTensor } from '@pharmacist/tensor-kernels';
import { familyOf, type ModelConfig } from '../config.ts';
import { moduleName, projectionsOf } from '../decoder/projections.ts';
import { ggufFamily } from './gguf-family.ts';
import type { BlockFormat } from './block-format.ts';
import type { GgufFile } from './gguf-file.ts';
import { LONG_FACTORS, ROPE_FACTORS, SHORT_FACTORS } from './model-config.ts';

const PROJECTION_NAMES: Readonly<Record<string, string>> = {
  q_proj: 'attn_q',
  k_proj: 'attn_k',
  v_proj: 'attn_v',
  o_proj: 'attn_output',
  gate_proj: 'ffn_gate',
  up_proj: 'ffn_up',
  down_proj: 'ffn_down',
  qkv_proj: 'attn_qkv',
  gate_up_proj: 'ffn_up',
};

/** Modules of the state dict by their names in the file, both without `.weight` and `.bias`. */
function moduleNames(config: ModelConfig): Map<string, string> {
  const { norms } = familyOf(config);
  const names = new Map([
    ['token_embd', 'model.embed_tokens'],
    ['output_norm', 'model.norm'],
    ['output', 'lm_head'],
  ]);
  for (let layer = 0; layer < config.numLayers; layer++) {
    const add = (name: string, module: string | undefined) => {
      if (module !== undefined) names.set(`blk.${layer}.${name}`, `model.layers.${layer}.${module}`);
    };
    for (const projection of projectionsOf(config)) {
      names.set(`blk.${layer}.${PROJECTION_NAMES[projection.name]!}`, moduleName(layer, projection));
    }
    add('attn_norm', norms.attentionInput);
    add('post_attention_norm', norms.attentionOutput);
    add('ffn_norm', norms.mlpInput);
    add('post_ffw_norm', norms.mlpOutput);
    if (norms.queryAndKey === undefined && !config.hasHeadNorms) continue;
    add('attn_q_norm', `self_attn.q_${config.hasHeadNorms ? 'layernorm' : 'norm'}`);
    add('attn_k_norm', `self_attn.k_${config.hasHeadNorms ? 'layernorm' : 'norm'}`);
  }
  return names;
}

/** A weight of the file that can be read. */
export interface GgufWeight {
  readonly shape: readonly number[];
  /** How it is stored; undefined if what is read is something else than what is stored. */
  readonly format: BlockFormat | undefined;
  /** f32, dequantised, in its row order and as transformers adds to it. */
  read(): Promise<HostTensor>;
}

/**
 * Every weight of the file under its Hugging Face name.
 * @throws {ModelError} naming tensors that belong to another kind of model.
 */
export function stateDictFromGguf(file: GgufFile, config: ModelConfig): Map<string, GgufWeight> {
  const { gguf, title } = ggufFamily(file.text('general.architecture'), file.path);
  const modules = moduleNames(config);
  const weights = new Map<string, GgufWeight>();
  const unknown: string[] = [];
  for (const [name, { shape, format }] of file.tensors) {
    if ([ROPE_FACTORS, SHORT_FACTORS, LONG_FACTORS].includes(name)) continue;
    const [, base = name, suffix = ''] = /^(.*)\.(weight|bias)$/.exec(name) ?? [];
    const module = modules.get(base);
    if (module === undefined) {
      unknown.push(name);
      continue;
    }
    if (config.hasHeadNorms && /self_attn\.[qk]_layernorm$/.test(module)) {
      const [numRows = 0, ...rowShape] = shape;
      for (let head = 0; head < numRows; head++) {
        const read = async () => rowsOf(await file.read(name))[head]!;
        weights.set(`${module}.norms.${head}.weight`, { shape: rowShape, format, read });
      }
      continue;
    }
    const numHeads = module.endsWith('.q_proj') ? config.numAttentionHeads : module.endsWith('.k_proj') ? config.numKeyValueHeads : 0;
    const isShifted = gguf?.hasShiftedNorms === true && module.endsWith('norm');
    weights.set(`${module}.${suffix}`, {
      shape,
      format: isShifted ? undefined : format,
      read: async () => {
        const tensor = await file.read(name);
        if (isShifted) tensor.data.forEach((value: number, i: number) => (tensor.data[i] = value - 1));
        return gguf?.isPermuted === true && numHeads > 0 ? withHalvesRestored(tensor, numHeads) : tensor;
      },
    });
  }
  if (unknown.length > 0) {
    throw new ModelError(`holds tensors that no model of the family ${title} has: ${unknown.slice(0, 10).join(', ')}`, {
      where: file.path,
      hint: 'this form of the family is not supported',
    });
  }
  return weights;
}

/** The rows of a matrix, f32 [D] each. */
function rowsOf({ shape, data }: HostTensor): HostTensor[] {
  const [numRows, size] = shape as [number, number];
  return Array.from({ length: numRows }, (_, row) => float32([size], Float32Array.from(data.subarray(row * size, (row + 1) * size))));
}

/**
 * llama.cpp rotates neighbouring rows of a head (2i, 2i + 1), Hugging Face rows i and i + headDim / 2; the converter reordered the rows of
 * q and k for it. This is the inverse.
 * @param tensor f32 [numHeads * headDim, in] or a bias [numHeads * headDim].
 */
function withHalvesRestored(tensor: HostTensor, numHeads: number): HostTensor {
  const { shape, data } = tensor;
  const numRows = shape[0]!;
  const rowLength = data.length / numRows;
  const headDim = numRows / numHeads;
  const half = headDim / 2;
  const restored = new Float32Array(data.length);
  for (let head = 0; head < numHeads; head++) {
    for (let i = 0; i < half; i++) {
      for (let part = 0; part < 2; part++) {
        const source = (head * headDim + 2 * i + part) * rowLength;
        restored.set(data.subarray(source, source + rowLength), (head * headDim + part * half + i) * rowLength);
      }
    }
  }
  return { shape, dtype: 'float32', data: restored };
}
