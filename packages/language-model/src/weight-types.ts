import { join } from 'node:path';
import { pathExists } from '@pharmacist/core';
import type { HalfDType, InputType } from '@pharmacist/tensor-kernels';
import { weightFiles } from './checkpoint.ts';
import type { ModelConfig } from './config.ts';
import { expectedShapes } from './decoder/weight-shapes.ts';
import { rotaryShapes } from './decoder/rotary-tables.ts';
import { SafetensorsFile } from './safetensors.ts';

const HALVES: ReadonlyMap<unknown, HalfDType> = new Map([
  ['BF16', 'bfloat16'],
  ['F16', 'float16'],
  ['bfloat16', 'bfloat16'],
  ['float16', 'float16'],
]);

/**
 * Shapes and types of what an engine of this machine holds of a model, weights and rotary tables for `maxLength` positions: inputs as programs are traced
 * with. Headers are read, no weight is; of a directory with config.json alone its `torch_dtype` says the type.
 * @throws {ModelError} if a file of weights is damaged.
 */
export async function readWeightTypes(dir: string, config: ModelConfig, maxLength: number): Promise<Record<string, InputType>> {
  const stored = new Map<string, HalfDType | undefined>();
  const hasWeights = (await pathExists(join(dir, 'model.safetensors'))) || (await pathExists(join(dir, 'model.safetensors.index.json')));
  for (const path of hasWeights ? await weightFiles(dir) : []) {
    const file = await SafetensorsFile.open(join(dir, path));
    for (const [name, { dtype }] of file.tensors) stored.set(name, HALVES.get(dtype));
    await file.close();
  }
  const byDefault = hasWeights ? undefined : HALVES.get(config.raw['torch_dtype'] ?? config.raw['dtype']);
  const weights = [...expectedShapes(config)].map(([name, shape]): [string, InputType] => {
    const half = shape.length > 1 ? (stored.get(name) ?? byDefault) : undefined;
    return [name, { shape, dtype: 'float32', ...(half !== undefined && { stored: half }) }];
  });
  const tables = [...rotaryShapes(config, maxLength)].map(([name, shape]): [string, InputType] => [name, { shape, dtype: 'float32' }]);
  return Object.fromEntries([...weights, ...tables]);
}

/** Bytes of an input where an engine of this machine keeps it. */
export function bytesOfInput({ shape, stored }: InputType): number {
  return shape.reduce((product, size) => product * size, stored === undefined ? 4 : 2);
}
