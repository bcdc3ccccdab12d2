import { floats, type HostTensor } from '@pharmacist/tensor-kernels';
import { F32_FORWARD } from '@pharmacist/tooling/vitest/matchers';
import { describe, expect, it } from 'vitest';
import { type ModelConfig, parseModelConfig } from '../config.ts';
import { rotaryFrequencies, rotaryShapes, rotaryTables } from './rotary-tables.ts';

function configOf(ropeScaling?: object): ModelConfig {
  const shape = {
    vocab_size: 8,
    hidden_size: 16,
    intermediate_size: 8,
    num_hidden_layers: 1,
    num_attention_heads: 2,
    tie_word_embeddings: true,
  };
  return parseModelConfig(
    { model_type: 'llama', ...shape, rope_theta: 10000, ...(ropeScaling && { rope_scaling: ropeScaling }) },
    'config.json',
  );
}

describe('rotaryFrequencies', () => {
  it('falls from 1 by theta^(-2/headDim)', () => {
    expect(rotaryFrequencies(configOf())).toBeAllclose([1, 0.1, 0.01, 0.001], { rtol: 1e-12, atol: 0 });
  });

  it('is divided by the factor of linear scaling', () => {
    expect(rotaryFrequencies(configOf({ rope_type: 'linear', factor: 4 }))).toBeAllclose([0.25, 0.025, 0.0025, 0.00025], {
      rtol: 1e-12,
      atol: 0,
    });
  });

  it("keeps, blends and divides by wave length under Llama 3's rule", () => {
    const scaling = { rope_type: 'llama3', factor: 8, low_freq_factor: 1, high_freq_factor: 4, original_max_position_embeddings: 128 };
    // Wave lengths 6.3 and 628 lie outside 128/4 .. 128/1; 62.8 lies within: 128/62.83 = 2.0372 turns, (2.0372 - 1) / 3 of the way.
    const smooth = (128 / (2 * Math.PI * 10) - 1) / 3;
    const blended = ((1 - smooth) / 8 + smooth) * 0.1;
    expect(rotaryFrequencies(configOf(scaling))).toBeAllclose([1, blended, 0.01 / 8, 0.001 / 8], { rtol: 1e-12, atol: 0 });
  });
});

describe('rotaryTables', () => {
  it('has the cosines and sines of position times frequency', () => {
    const { 'rotary.cos': cos, 'rotary.sin': sin } = rotaryTables(configOf(), 300) as {
      'rotary.cos': HostTensor;
      'rotary.sin': HostTensor;
    };
    expect(cos.shape).toEqual([300, 4]);
    expect(floats(cos).subarray(0, 4)).toEqual(Float32Array.of(1, 1, 1, 1));
    const at = (values: Float32Array) => values.subarray(299 * 4);
    expect(at(floats(cos))).toBeAllclose([299, 29.9, 2.99, 0.299].map(Math.cos), F32_FORWARD);
    expect(at(floats(sin))).toBeAllclose([299, 29.9, 2.99, 0.299].map(Math.sin), F32_FORWARD);
  });

  it.each([[300], [4096], [9000]])('has the shapes that are told without them, for %s positions', (numPositions) => {
    const longrope = {
      rope_type: 'longrope',
      short_factor: [1, 1, 1, 1],
      long_factor: [2, 2, 2, 2],
      original_max_position_embeddings: 64,
    };
    for (const config of [configOf(), configOf(longrope)]) {
      const tables = Object.entries(rotaryTables(config, numPositions)).map(([name, { shape }]) => [name, shape]);
      expect(Object.fromEntries(rotaryShapes(config, numPositions))).toEqual(Object.fromEntries(tables));
    }
  });

  it('has shapes for any number of positions at once', () => {
    expect(rotaryShapes(configOf(), 1e12).get('rotary.coarse.cos')).toEqual([244140625, 4]);
  });
});
