import { ConfigError } from '@pharmacist/core';
import { float32, floats } from '@pharmacist/tensor-kernels';
import { describe, expect, it } from 'vitest';
import { parseModelConfig } from './config.ts';
import { adapterParameters, cloneAdapter, createAdapter, mergedWeight, stackedFactors } from './lora.ts';

const config = parseModelConfig(
  {
    model_type: 'mistral',
    vocab_size: 16,
    hidden_size: 8,
    intermediate_size: 12,
    num_hidden_layers: 2,
    num_attention_heads: 4,
    num_key_value_heads: 2,
    head_dim: 6,
    tie_word_embeddings: false,
  },
  'config.json',
);

describe('createAdapter', () => {
  it('refuses a rank that no matrix of the model has, before it makes anything', () => {
    expect(createAdapter(config, { rank: 8, alpha: 8 }, 0).rank).toBe(8);
    expect(() => createAdapter(config, { rank: 1e9, alpha: 8 }, 0)).toThrow(
      "a rank of 1000000000 exceeds the 8 numbers of the model's hidden state",
    );
  });

  it('gives every projection of every layer an A and a B of its shape', () => {
    const { factors, scale, targetModules } = createAdapter(config, { rank: 3, alpha: 12 }, 0);
    expect(scale).toBe(4);
    expect(targetModules).toHaveLength(7);
    const shapes = [...factors]
      .filter(([name]) => name.startsWith('model.layers.1.'))
      .map(([name, { a, b }]) => [name.slice(15), a.shape, b.shape]);
    expect(shapes).toEqual([
      ['self_attn.q_proj', [3, 8], [24, 3]],
      ['self_attn.k_proj', [3, 8], [12, 3]],
      ['self_attn.v_proj', [3, 8], [12, 3]],
      ['self_attn.o_proj', [3, 24], [8, 3]],
      ['mlp.gate_proj', [3, 8], [12, 3]],
      ['mlp.up_proj', [3, 8], [12, 3]],
      ['mlp.down_proj', [3, 12], [8, 3]],
    ]);
    expect(factors.size).toBe(14);
  });

  it('draws A uniformly within 1/sqrt(in) and leaves B zero, as PEFT does', () => {
    const { factors } = createAdapter({ ...config, hiddenSize: 64 }, { rank: 64, alpha: 64 }, 'init');
    for (const [name, { a, b }] of factors) {
      const bound = 1 / Math.sqrt(a.shape[1]!);
      const values = floats(a);
      const magnitudes = values.map(Math.abs);
      expect(Math.max(...magnitudes), name).toBeLessThanOrEqual(Math.fround(bound));
      expect(Math.max(...magnitudes), name).toBeGreaterThan(0.97 * bound);
      // A uniform number has the variance bound^2 / 3.
      const variance = values.reduce((sum, value) => sum + value * value, 0) / values.length;
      expect(Math.abs(variance / (bound ** 2 / 3) - 1), name).toBeLessThan(0.2);
      expect(floats(b).every((value) => value === 0)).toBe(true);
    }
  });

  it('draws a module the same whatever other modules are targets, and differently for another seed or layer', () => {
    const all = createAdapter(config, { rank: 3, alpha: 3 }, 5).factors;
    const some = createAdapter(config, { rank: 3, alpha: 3, targetModules: ['v_proj'] }, 5).factors;
    expect([...some.keys()]).toEqual(['model.layers.0.self_attn.v_proj', 'model.layers.1.self_attn.v_proj']);
    for (const [name, factors] of some) expect(factors).toEqual(all.get(name));
    expect(createAdapter(config, { rank: 3, alpha: 3 }, 6).factors.get('model.layers.0.self_attn.v_proj')).not.toEqual(
      all.get('model.layers.0.self_attn.v_proj'),
    );
    expect(all.get('model.layers.0.self_attn.v_proj')).not.toEqual(all.get('model.layers.1.self_attn.v_proj'));
  });

  it.each([0, 1.5, -2])('refuses rank %d', (rank) => {
    expect(() => createAdapter(config, { rank, alpha: 1 }, 0)).toThrow(ConfigError);
  });

  it('suggests the projection that was meant', () => {
    expect(() => createAdapter(config, { rank: 1, alpha: 1, targetModules: ['q_prj'] }, 0)).toThrow('q_proj');
  });
});

describe('adapterParameters', () => {
  it('shares memory with the adapter, and not with a clone', () => {
    const adapter = createAdapter(config, { rank: 2, alpha: 2 }, 0);
    const clone = cloneAdapter(adapter);
    expect(clone).toEqual(adapter);
    const name = 'model.layers.0.mlp.up_proj';
    adapterParameters(adapter).get(`${name}.lora_B.weight`)![3] = 7;
    expect(floats(adapter.factors.get(name)!.b)[3]).toBe(7);
    expect(floats(clone.factors.get(name)!.b)[3]).toBe(0);
  });
});

describe('mergedWeight', () => {
  it('is W + scale B A', () => {
    const weight = float32([3, 2], [1, 2, 3, 4, 5, 6]);
    const a = float32([2, 2], [1, 0, 2, -1]);
    const b = float32([3, 2], [1, 0, 0, 1, 1, 1]);
    // B A = [[1, 0], [2, -1], [3, -1]]
    expect(mergedWeight(weight, { a, b }, 0.5)).toEqual(float32([3, 2], [1.5, 2, 4, 3.5, 6.5, 5.5]));
    expect(floats(weight)[0]).toBe(1);
  });
});

describe('stackedFactors', () => {
  it('have the sum of both increments', () => {
    const first = { a: float32([1, 2], [1, 2]), b: float32([3, 1], [1, 0, -1]) };
    const second = { a: float32([2, 2], [1, 0, 0, 1]), b: float32([3, 2], [1, 2, 3, 4, 5, 6]) };
    const once = stackedFactors(undefined, first, 2);
    expect(once).toEqual({ a: first.a, b: float32([3, 1], [2, 0, -2]) });
    const { a, b } = stackedFactors(once, second, 0.5);
    expect(a.shape).toEqual([3, 2]);
    const weight = float32([3, 2], [0, 0, 0, 0, 0, 0]);
    expect(mergedWeight(weight, { a, b }, 1)).toEqual(mergedWeight(mergedWeight(weight, first, 2), second, 0.5));
  });
});
