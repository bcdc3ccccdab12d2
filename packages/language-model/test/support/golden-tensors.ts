import type { HostTensor } from '@pharmacist/tensor-kernels';
import { goldenPath, type ModelForm, modelPath } from '@pharmacist/test-fixtures';
import { type LoraAdapter, readAdapter } from '../../src/adapter.ts';
import { readModelConfig } from '../../src/config.ts';
import { readSafetensors } from '../../src/safetensors.ts';

/** The adapter that PEFT wrote beside the checkpoint: rank 4, alpha 8, all seven projections. */
export async function loadAdapter(form: ModelForm): Promise<LoraAdapter> {
  return await readAdapter(modelPath(form, 'adapter'), await readModelConfig(modelPath(form)));
}

/** Tensors of a golden by name: what PyTorch computed in float64. */
export class GoldenTensors {
  readonly tensors: ReadonlyMap<string, HostTensor>;

  constructor(tensors: ReadonlyMap<string, HostTensor>) {
    this.tensors = tensors;
  }

  /** @param folder of a package's goldens. */
  static async tensorsOf(folder: string, name: string): Promise<ReadonlyMap<string, HostTensor>> {
    return (await readSafetensors(goldenPath(folder, `${name}.safetensors`))).tensors;
  }

  /** @throws Error if the golden has no such tensor. */
  tensor(name: string): HostTensor {
    const tensor = this.tensors.get(name);
    if (tensor === undefined) throw new Error(`the golden has no "${name}"`);
    return tensor;
  }
}
