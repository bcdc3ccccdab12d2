import { ModelError } from '@pharmacist/core';
import { type HalfTensor, type HostTensor, isHalf, widened } from '@pharmacist/tensor-kernels';

/** @throws {ModelError} naming the first element that is NaN or infinite. */
export function checkFinite(name: string, tensor: HostTensor | HalfTensor, path: string): void {
  if (isHalf(tensor) && hasOnlyFinite(tensor)) return;
  const { data } = isHalf(tensor) ? widened(tensor) : tensor;
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

/** Whether no exponent of sixteen-bit numbers has all bits set, which is how NaN and infinity are written; two numbers at a time. */
function hasOnlyFinite({ dtype, data }: HalfTensor): boolean {
  const exponent = dtype === 'bfloat16' ? 0x7f80 : 0x7c00;
  const [both, lowest] = [exponent * 0x10001, (exponent & -exponent) * 0x10001];
  const pairs = data.byteOffset % 4 === 0 ? new Uint32Array(data.buffer, data.byteOffset, data.length >>> 1) : new Uint32Array(0);
  for (let i = 0; i < pairs.length; i++) {
    // Adding its lowest bit carries into the sign bit from an exponent of ones only.
    if ((((pairs[i]! & both) + lowest) & 0x80008000) !== 0) return false;
  }
  for (let i = 2 * pairs.length; i < data.length; i++) if ((data[i]! & exponent) === exponent) return false;
  return true;
}
