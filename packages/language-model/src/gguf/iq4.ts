import { defineBlockFormat, float16At } from './block-format.ts';

/** The sixteen levels of 4-bit weights that are spaced as weights are spread: ggml's `kvalues_iq4nl`. */
const LEVELS = Int8Array.of(-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113);

/** 32 weights: f16 scale d, 32 nibbles q, the low ones first; w = d level[q]. */
export const iq4_nl = defineBlockFormat({
  name: 'IQ4_NL',
  ggmlType: 20,
  elementsPerBlock: 32,
  bytesPerBlock: 18,
  decodeBlock(block, values) {
    decodeNibbles(block.subarray(2), float16At(block, 0), values);
  },
});

/**
 * 256 weights in 8 groups of 32: f16 super-scale d, 2 bytes of two upper bits and 4 bytes of four lower bits of a 6-bit scale s for each
 * group, 128 bytes of nibbles q; w = (d (s - 32)) level[q].
 */
export const iq4_xs = defineBlockFormat({
  name: 'IQ4_XS',
  ggmlType: 23,
  elementsPerBlock: 256,
  bytesPerBlock: 136,
  decodeBlock(block, values) {
    const superScale = float16At(block, 0);
    const high = block[2]! | (block[3]! << 8);
    for (let group = 0; group < 8; group++) {
      const low = (block[4 + (group >>> 1)]! >>> ((group & 1) * 4)) & 0xf;
      const scale = superScale * ((low | (((high >>> (2 * group)) & 3) << 4)) - 32);
      decodeNibbles(block.subarray(8 + group * 16, 24 + group * 16), scale, values.subarray(group * 32, group * 32 + 32));
    }
  },
});

/** The product of scale and level is rounded once, by the store. */
function decodeNibbles(pairs: Uint8Array, scale: number, values: Float32Array): void {
  for (let j = 0; j < 16; j++) {
    values[j] = scale * LEVELS[pairs[j]! & 0xf]!;
    values[j + 16] = scale * LEVELS[pairs[j]! >>> 4]!;
  }
}
