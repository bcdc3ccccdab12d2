import * as tf from '@tensorflow/tfjs-core';
import { createEngine, type Engine, float32, floats, int32, rotary } from '@pharmacist/tensor-kernels';
import { F32_FORWARD } from '@pharmacist/tooling/vitest/matchers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseModelConfig } from '../config.ts';
import { bindTensors } from '../loss.ts';
import { anglesAt } from './angles.ts';
import { rotaryFrequencies, rotaryTables, TABLE_ROWS } from './rotary-tables.ts';

const config = parseModelConfig(
  {
    model_type: 'phi3',
    vocab_size: 8,
    hidden_size: 16,
    intermediate_size: 8,
    num_hidden_layers: 1,
    num_attention_heads: 2,
    max_position_embeddings: 131072,
    original_max_position_embeddings: 4096,
    rope_scaling: { type: 'longrope', short_factor: [1, 1.1, 1.2, 1.3], long_factor: [2, 3, 4, 5] },
    eos_token_id: 2,
  },
  'config.json',
);
const POSITIONS = [0, 1, 4095, 4096, 4097, 8191, 8192, 100_000, 131_071];

describe.each(['onnx', 'tfjs-cpu'] as const)('positions beyond a table, %s', (name) => {
  let engine: Engine;
  beforeAll(async () => {
    ({ engine } = await createEngine({ name, numThreads: 1 }));
  });
  afterAll(() => engine.dispose());

  /** The angles' cosines and sines at positions, one token a row of the batch. */
  async function angles(positions: readonly number[]): Promise<{ cos: Float32Array; sin: Float32Array; turned: Float32Array }> {
    const program = engine.compile('angles', (inputs) => {
      const { tables, rows } = anglesAt(bindTensors(config, inputs, 0), 'long', inputs['positions']!);
      const at = (table: tf.Tensor) => tf.gather(table, tf.reshape(rows, [positions.length]) as tf.Tensor1D);
      return { cos: at(tables.cos), sin: at(tables.sin), turned: rotary(inputs['x']!, rows, tables) };
    });
    const x = float32([positions.length, 1, 1, 8], new Float32Array(8 * positions.length).fill(1));
    const outputs = await program.run({ ...rotaryTables(config, 131072), positions: int32([positions.length, 1], positions), x });
    return { cos: floats(outputs['cos']!), sin: floats(outputs['sin']!), turned: floats(outputs['turned']!) };
  }

  it('have the angles of their own, and turn a head by them', async () => {
    const frequencies = rotaryFrequencies(config, true);
    const factor = Math.sqrt(1 + Math.log(32) / Math.log(4096));
    const expected = (f: (angle: number) => number) => POSITIONS.flatMap((p) => Array.from(frequencies, (w) => factor * f(p * w)));
    const { cos, sin, turned } = await angles(POSITIONS);
    expect(cos).toBeAllclose(expected(Math.cos), { ...F32_FORWARD, atol: 1e-6 });
    expect(sin).toBeAllclose(expected(Math.sin), { ...F32_FORWARD, atol: 1e-6 });
    expect(turned.subarray(0, 4)).toBeAllclose(
      cos.subarray(0, 4).map((c, i) => c - sin[i]!),
      F32_FORWARD,
    );
  });

  it('up to its end are the rows of the table, to the bit', async () => {
    const tables = rotaryTables(config, 131072);
    const { cos } = await angles([0, 7, TABLE_ROWS - 1]);
    const row = (position: number) => Array.from(floats(tables['rotary.long.cos']!).subarray(4 * position, 4 * position + 4));
    expect(Array.from(cos)).toEqual([...row(0), ...row(7), ...row(TABLE_ROWS - 1)]);
  });

  it('take little memory', () => {
    const bytes = Object.values(rotaryTables(config, 131072)).reduce((sum, { data }) => sum + data.byteLength, 0);
    expect(bytes).toBe(4 * (4096 + 32) * 4 * 4);
  });
});
