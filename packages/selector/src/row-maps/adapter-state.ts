import type { StateArray } from '@pharmacist/core';
import { factorNames, type LoraAdapter } from '@pharmacist/language-model';
import { float32, floats } from '@pharmacist/tensor-kernels';

/** A module of an adapter with its rank and sizes: a f32 [rank, in], b f32 [out, rank]. */
type ModuleShape = readonly [module: string, rank: number, input: number, output: number];

/** What a map reads of an adapter beside its numbers. */
export interface AdapterMeta {
  readonly scale: number;
  readonly modules: readonly ModuleShape[];
}

/** An adapter as a file holds it. The numbers are shared, not copied. */
export function adapterState({ scale, factors }: LoraAdapter): { meta: AdapterMeta; arrays: Record<string, StateArray> } {
  const modules = [...factors].map(([module, { a, b }]): ModuleShape => [module, a.shape[0]!, a.shape[1]!, b.shape[0]!]);
  const arrays = [...factors].flatMap(([module, { a, b }]) => {
    const names = factorNames(module);
    return [[names.a, floats(a)] as const, [names.b, floats(b)] as const];
  });
  return { meta: { scale, modules }, arrays: Object.fromEntries(arrays) };
}

/** Its rank. */
export function rankOf({ modules }: AdapterMeta): number {
  return modules[0]?.[1] ?? 1;
}

/** The adapter again, as far as a forward pass, a gradient or a merge reads it. */
export function adapterOf(meta: AdapterMeta, arrays: Readonly<Record<string, StateArray>>): LoraAdapter {
  const { scale, modules } = meta;
  const factors = modules.map(([module, rank, input, output]) => {
    const names = factorNames(module);
    const tensor = (shape: readonly number[], name: string) => float32(shape, arrays[name] as Float32Array);
    return [module, { a: tensor([rank, input], names.a), b: tensor([output, rank], names.b) }] as const;
  });
  const rank = rankOf(meta);
  return {
    rank,
    alpha: scale * rank,
    scale,
    targetModules: modules.map(([module]) => module),
    dropout: 0,
    baseModelName: '',
    factors: new Map(factors),
  };
}
