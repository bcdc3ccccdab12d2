import { defineBlockFormat, float16At } from './block-format.ts';

/**
 * 256 weights in 16 groups of 16: 32 bytes of upper bits, 64 bytes of bit pairs, 12 bytes that pack a 6-bit scale s for each group, f16
 * super-scale d; w = (d (s - 32)) (q - 4) with q of 3 bits. Pairs lie as in Q2_K; the upper bit of weight 32 p + l of half h is bit 4 h + p of
 * byte l.
 */
export const q3_k = defineBlockFormat({
  name: 'Q3_K',
  ggmlType: 11,
  elementsPerBlock: 256,
  bytesPerBlock: 110,
  decodeBlock(block, values) {
    const superScale = float16At(block, 108);
    for (let group = 0; group < 16; group++) {
      const scale = superScale * (groupScale(block.subarray(96, 108), group) - 32);
      const byte = (group & 1) * 16;
      const [half, part] = [group >>> 3, (group >>> 1) & 3];
      for (let l = 0; l < 16; l++) {
        const low = (block[32 + half * 32 + byte + l]! >>> (2 * part)) & 3;
        const high = (block[byte + l]! >>> (4 * half + part)) & 1;
        values[group * 16 + l] = scale * ((low | (high << 2)) - 4);
      }
    }
  },
});

/** Four lower bits of two groups in each of 8 bytes, two upper bits of four groups in each of the other 4. */
function groupScale(packed: Uint8Array, group: number): number {
  const low = (packed[group & 7]! >>> (group < 8 ? 0 : 4)) & 0xf;
  const high = (packed[8 + (group & 3)]! >>> (2 * (group >>> 2))) & 3;
  return low | (high << 4);
}
