import { ModelError } from '@pharmacist/core';
import type { HostTensor } from '@pharmacist/tensor-kernels';
import type { ModelConfig } from '../config.ts';
import type { GgufFile } from './gguf-file.ts';
import { ROPE_FACTORS } from './model-config.ts';

const OUTER_NAMES: Record<string, string> = {
  token_embd: 'model.embed_tokens',
  output_norm: 'model.norm',
  output: 'lm_head',
};

const LAYER_NAMES: Record<string, string> = {
  attn_norm: 'input_layernorm',
  attn_q: 'self_attn.q_proj',
  attn_k: 'self_attn.k_proj',
  attn_v: 'self_attn.v_proj',
  attn_output: 'self_attn.o_proj',
  ffn_norm: 'post_attention_layernorm',
  ffn_gate: 'mlp.gate_proj',
  ffn_up: 'mlp.up_proj',
  ffn_down: 'mlp.down_proj',
};

/** The name in the Hugging Face state dict, or undefined for a tensor that no Llama-family model has. */
function stateDictName(name: string): string | undefined {
  const [, layer, inner, layerSuffix] = /^blk\.(\d+)\.(\w+)\.(weight|bias)$/.exec(name) ?? [];
  if (inner !== undefined) return inner in LAYER_NAMES ? `model.layers.${layer}.${LAYER_NAMES[inner]}.${layerSuffix}` : undefined;
  const [, outer, suffix] = /^(\w+)\.(weight)$/.exec(name) ?? [];
  return outer !== undefined && outer in OUTER_NAMES ? `${OUTER_NAMES[outer]}.${suffix}` : undefined;
}

/**
 * Every weight of the file, dequantised, under its Hugging Face name and in its row order.
 * @throws {ModelError} naming tensors that belong to another kind of model.
 */
export async function stateDictFromGguf(file: GgufFile, config: ModelConfig): Promise<Map<string, HostTensor>> {
  const isPermuted = file.text('general.architecture') === 'llama';
  const weights = new Map<string, HostTensor>();
  const unknown: string[] = [];
  for (const name of file.tensors.keys()) {
    if (name === ROPE_FACTORS) continue;
    const target = stateDictName(name);
    if (target === undefined) {
      unknown.push(name);
      continue;
    }
    const tensor = await file.read(name);
    const numHeads = target.includes('.q_proj.') ? config.numAttentionHeads : target.includes('.k_proj.') ? config.numKeyValueHeads : 0;
    weights.set(target, isPermuted && numHeads > 0 ? withHalvesRestored(tensor, numHeads) : tensor);
  }
  if (unknown.length > 0) {
    throw new ModelError(`holds tensors of an unsupported form: ${unknown.slice(0, 10).join(', ')}`, {
      where: file.path,
      hint: 'import a model of Llama, Mistral, Qwen2 or SmolLM form',
    });
  }
  return weights;
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
