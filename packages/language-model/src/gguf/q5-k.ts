import { defineBlockFormat, float16At } from './block-format.ts';
import { groupMinimum, groupScale } from './k-scales.ts';

/**
 * 256 weights in 8 groups of 32: as Q4_K, with 32 bytes of upper bits before the nibbles, bit g of byte l for weight l of group g;
 * w = (d s) q - dmin m with q of 5 bits.
 */
export const q5_k = defineBlockFormat({
  name: 'Q5_K',
  ggmlType: 13,
  elementsPerBlock: 256,
  bytesPerBlock: 176,
  decodeBlock(block, values) {
    const superScale = float16At(block, 0);
    const superMinimum = float16At(block, 2);
    const packed = block.subarray(4, 16);
    for (let group = 0; group < 8; group++) {
      const scale = superScale * groupScale(packed, group);
      const minimum = superMinimum * groupMinimum(packed, group);
      const nibbles = 48 + (group >>> 1) * 32;
      for (let l = 0; l < 32; l++) {
        const low = (block[nibbles + l]! >>> ((group & 1) * 4)) & 0xf;
        const high = (block[16 + l]! >>> group) & 1;
        // Both products are exact (11 + 6 + 5 bits), so that the store is the only rounding.
        values[group * 32 + l] = scale * (low | (high << 4)) - minimum;
      }
    }
  },
});
