import { bfloat16ToFloat32, float16ToFloat32 } from '@pharmacist/tensor-kernels';
import type { BlockFormat } from './block-format.ts';

export const f32: BlockFormat = {
  name: 'F32',
  ggmlType: 0,
  elementsPerBlock: 1,
  bytesPerBlock: 4,
  dequantize(bytes, values) {
    new Uint8Array(values.buffer, values.byteOffset, values.byteLength).set(bytes);
  },
};

export const f16: BlockFormat = {
  name: 'F16',
  ggmlType: 1,
  elementsPerBlock: 1,
  bytesPerBlock: 2,
  dequantize: (bytes, values) => void float16ToFloat32(patternsOf(bytes), values),
};

export const bf16: BlockFormat = {
  name: 'BF16',
  ggmlType: 30,
  elementsPerBlock: 1,
  bytesPerBlock: 2,
  dequantize: (bytes, values) => void bfloat16ToFloat32(patternsOf(bytes), values),
};

/** A copy, because the bytes of a file need not start at an even address. */
function patternsOf(bytes: Uint8Array): Uint16Array {
  return new Uint16Array(new Uint8Array(bytes).buffer);
}
