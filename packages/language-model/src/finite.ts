import { ModelError } from '@pharmacist/core';
import type { HostTensor } from '@pharmacist/tensor-kernels';

/** @throws {ModelError} naming the first element that is NaN or infinite. */
export function checkFinite(name: string, { data }: HostTensor, path: string): void {
  for (let i = 0; i < data.length; i++) {
    const value = data[i]!;
    // x - x is 0 for every finite x, NaN otherwise.
    if (value - value !== 0) {
      throw new ModelError(`weight "${name}" is ${value} at index ${i}`, {
        where: path,
        hint: 'the file is damaged, or was saved after a training run that diverged: use another checkpoint',
        details: { tensor: name, index: i },
      });
    }
  }
}
