import { readFileSync } from 'node:fs';

import { goldenPath } from './paths.ts';

/** A tensor of a golden: row-major, integers as i32. */
export interface GoldenTensor {
  shape: number[];
  data: Float32Array | Int32Array;
}

/** One op of `golden/tensor-kernels/`, computed in float64 and stored in f32: by name `in.<input>`, `dy`, `out.y`, `grad.<input>`. */
export interface OpGolden {
  tensors: Record<string, GoldenTensor>;
  /** Scalar settings of the op, for instance eps. */
  settings: Record<string, unknown>;
}

/** Reads a golden of F32 and I64 tensors (safetensors: length, JSON header, data). @throws Error on any other dtype. */
export function readOpGolden(name: string): OpGolden {
  const bytes = readFileSync(goldenPath('tensor-kernels', `${name}.safetensors`));
  const headerLength = Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.toString('utf8', 8, 8 + headerLength)) as Record<
    string,
    { dtype: string; shape: number[]; data_offsets: [number, number] }
  >;
  const tensors: Record<string, GoldenTensor> = {};
  for (const [key, { dtype, shape, data_offsets: offsets }] of Object.entries(header)) {
    if (key === '__metadata__') continue;
    const [start, end] = offsets.map((offset) => 8 + headerLength + offset) as [number, number];
    const buffer = new Uint8Array(bytes.subarray(start, end)).buffer;
    if (dtype === 'F32') tensors[key] = { shape, data: new Float32Array(buffer) };
    else if (dtype === 'I64') tensors[key] = { shape, data: Int32Array.from(new BigInt64Array(buffer), Number) };
    else throw new Error(`${name}: ${key} is ${dtype}`);
  }
  const { settings } = JSON.parse(readFileSync(goldenPath('tensor-kernels', `${name}.json`), 'utf8')) as { settings: OpGolden['settings'] };
  return { tensors, settings };
}
