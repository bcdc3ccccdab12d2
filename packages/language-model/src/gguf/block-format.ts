import { float16Value } from '@pharmacist/tensor-kernels';

/** How ggml stores a run of weights: blocks of equal size, each with its own scale. */
export interface BlockFormat {
  readonly name: string;
  /** Number of the type in a GGUF file (`ggml_type`). */
  readonly ggmlType: number;
  readonly elementsPerBlock: number;
  readonly bytesPerBlock: number;
  /**
   * Fills `values` (f32, a multiple of `elementsPerBlock`) from `bytes` (little-endian). Sums and products are rounded to f32 one by one, as
   * ggml's reference code does.
   */
  dequantize(bytes: Uint8Array, values: Float32Array): void;
}

/** A format whose blocks are decoded one by one; `block` starts at its first byte, `values` at its first element. */
export function defineBlockFormat({
  decodeBlock,
  ...format
}: Omit<BlockFormat, 'dequantize'> & { decodeBlock(block: Uint8Array, values: Float32Array): void }): BlockFormat {
  const { elementsPerBlock, bytesPerBlock } = format;
  return {
    ...format,
    dequantize(bytes, values) {
      for (let i = 0; i * elementsPerBlock < values.length; i++) {
        decodeBlock(
          bytes.subarray(i * bytesPerBlock, (i + 1) * bytesPerBlock),
          values.subarray(i * elementsPerBlock, (i + 1) * elementsPerBlock),
        );
      }
    },
  };
}

/** The f16 at a byte offset of a block. */
export function float16At(block: Uint8Array, offset: number): number {
  return float16Value(block[offset]! | (block[offset + 1]! << 8));
}

/** The u32 at a byte offset of a block. */
export function uint32At(block: Uint8Array, offset: number): number {
  return (block[offset]! | (block[offset + 1]! << 8) | (block[offset + 2]! << 16) | (block[offset + 3]! << 24)) >>> 0;
}

/** A byte as a signed integer. */
export function signed(byte: number): number {
  return (byte << 24) >> 24;
}
