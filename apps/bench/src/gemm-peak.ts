import * as tf from '@tensorflow/tfjs-core';
import { Random } from '@pharmacist/core';
import { type Engine, float32, type ResidentTensor } from '@pharmacist/tensor-kernels';
import type { Variant } from './harness.ts';

/** Products that come near the peak of a small machine: square ones, and one like the output embedding. [rows, inner, columns] */
const SHAPES: readonly (readonly [number, number, number])[] = [
  [1024, 1024, 1024],
  [2048, 1024, 1024],
  [512, 512, 8192],
];

/** Products in one run: the message to the engine's worker then costs nothing against them. */
const REPEATS = 4;

/** What the machine's matrix product reaches through the same engine, in GFLOP/s: one variant a shape. The peak is the best of a round. */
export async function gemmVariants(engine: Engine): Promise<{ variants: Variant[]; dispose(): Promise<void> }> {
  const resident: ResidentTensor[] = [];
  const variants: Variant[] = [];
  for (const [rows, inner, columns] of SHAPES) {
    const inputs: Record<string, ResidentTensor> = {};
    for (let i = 0; i < REPEATS; i++) inputs[`a${i}`] = await upload(engine, [rows, inner], `a${i}`);
    inputs['b'] = await upload(engine, [inner, columns], 'b');
    resident.push(...Object.values(inputs));
    const program = engine.compile('gemm', ({ b, ...factors }) => {
      // One element of each product leaves the engine, and none of the products is that of another.
      const corners = Object.values(factors).map((a) => tf.slice(tf.matMul(a as tf.Tensor2D, b as tf.Tensor2D), [0, 0], [1, 1]));
      return { corners: tf.concat(corners, 0) };
    });
    const flops = 2 * rows * inner * columns * REPEATS;
    variants.push({
      name: `gemm ${rows}x${inner}x${columns}`,
      run: async () => {
        const start = performance.now();
        await program.run(inputs);
        return flops / (performance.now() - start) / 1e6;
      },
    });
  }
  return {
    variants,
    dispose: async () => {
      for (const tensor of resident) await tensor.dispose();
    },
  };
}

/** The best of each round. */
export function peakOf(variants: readonly Variant[], values: ReadonlyMap<string, readonly number[]>): number[] {
  const [first] = variants;
  return values.get(first!.name)!.map((_, round) => Math.max(...variants.map(({ name }) => values.get(name)![round]!)));
}

async function upload(engine: Engine, shape: readonly number[], name: string): Promise<ResidentTensor> {
  const random = new Random('gemm').split(name, shape.join());
  const block = Float32Array.from({ length: 4096 }, () => random.normal());
  const tensor = float32(shape);
  for (let i = 0; i < tensor.data.length; i++) tensor.data[i] = block[i % block.length]!;
  return await engine.upload(tensor, { move: true });
}
