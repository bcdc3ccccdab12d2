import { defineBlockFormat, float16At, signed } from './block-format.ts';

/**
 * 256 weights in 16 groups of 16: 128 bytes of low nibbles, 64 bytes of upper bit pairs, 16 signed scales s, f16 super-scale d;
 * w = (d s) (q - 32) with q of 6 bits. Each half of 128 weights takes 64 bytes of nibbles and 32 of bit pairs: weight 32 p + l of a half has
 * its nibble in byte (p mod 2) 32 + l, upper where p >= 2, and its bit pair in byte l at bit 2 p.
 */
export const q6_k = defineBlockFormat({
  name: 'Q6_K',
  ggmlType: 14,
  elementsPerBlock: 256,
  bytesPerBlock: 210,
  decodeBlock(block, values) {
    const superScale = float16At(block, 208);
    for (let half = 0; half < 2; half++) {
      for (let part = 0; part < 4; part++) {
        for (let l = 0; l < 32; l++) {
          const low = (block[half * 64 + (part & 1) * 32 + l]! >>> (part >= 2 ? 4 : 0)) & 0xf;
          const high = (block[128 + half * 32 + l]! >>> (2 * part)) & 3;
          const scale = signed(block[192 + half * 8 + part * 2 + (l >>> 4)]!);
          // 11 + 7 + 5 significant bits: the product is exact.
          values[half * 128 + part * 32 + l] = superScale * scale * ((low | (high << 4)) - 32);
        }
      }
    }
  },
});
