import { defineBlockFormat, float16At } from './block-format.ts';
import { groupMinimum, groupScale } from './k-scales.ts';

/**
 * 256 weights in 8 groups of 32: f16 super-scales d and dmin, 12 bytes that pack a 6-bit scale s and a 6-bit minimum m for each group, 128
 * bytes of nibbles q; w = (d s) q - dmin m. Groups 2g and 2g + 1 share 32 bytes: low nibbles, then high ones.
 */
export const q4_k = defineBlockFormat({
  name: 'Q4_K',
  ggmlType: 12,
  elementsPerBlock: 256,
  bytesPerBlock: 144,
  decodeBlock(block, values) {
    const superScale = float16At(block, 0);
    const superMinimum = float16At(block, 2);
    const packed = block.subarray(4, 16);
    for (let group = 0; group < 8; group++) {
      const scale = superScale * groupScale(packed, group);
      const minimum = superMinimum * groupMinimum(packed, group);
      const nibbles = 16 + (group >>> 1) * 32;
      const shift = (group & 1) * 4;
      // Both products are exact (11 + 6 + 4 bits), so that the store is the only rounding.
      for (let j = 0; j < 32; j++) values[group * 32 + j] = scale * ((block[nibbles + j]! >>> shift) & 0xf) - minimum;
    }
  },
});
