import { defineBlockFormat, float16At } from './block-format.ts';

/**
 * 256 weights in 16 groups of 16: 16 bytes of a 4-bit scale s and, above it, a 4-bit minimum m for each group, 64 bytes of bit pairs q, f16
 * super-scales d and dmin; w = (d s) q - dmin m. Each half of 128 weights takes 32 bytes of pairs: weight 32 p + l of a half is in byte l at
 * bit 2 p.
 */
export const q2_k = defineBlockFormat({
  name: 'Q2_K',
  ggmlType: 10,
  elementsPerBlock: 256,
  bytesPerBlock: 84,
  decodeBlock(block, values) {
    const superScale = float16At(block, 80);
    const superMinimum = float16At(block, 82);
    for (let group = 0; group < 16; group++) {
      const packed = block[group]!;
      const scale = superScale * (packed & 0xf);
      const minimum = superMinimum * (packed >>> 4);
      const pairs = 16 + (group >>> 3) * 32 + (group & 1) * 16;
      const shift = ((group >>> 1) & 3) * 2;
      for (let l = 0; l < 16; l++) values[group * 16 + l] = scale * ((block[pairs + l]! >>> shift) & 3) - minimum;
    }
  },
});
