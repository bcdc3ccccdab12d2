import { defineBlockFormat, float16At, uint32At } from './block-format.ts';

/** 32 weights: f16 scale d, f16 minimum m, 32 upper bits, 32 nibbles, the low ones first; w = d q + m with q of 5 bits. */
export const q5_1 = defineBlockFormat({
  name: 'Q5_1',
  ggmlType: 7,
  elementsPerBlock: 32,
  bytesPerBlock: 24,
  decodeBlock(block, values) {
    const scale = float16At(block, 0);
    const minimum = float16At(block, 2);
    const high = uint32At(block, 4);
    for (let j = 0; j < 16; j++) {
      const pair = block[8 + j]!;
      // d q has at most 16 significant bits: exact, so that the store is the only rounding.
      values[j] = scale * ((pair & 0xf) | (((high >>> j) & 1) << 4)) + minimum;
      values[j + 16] = scale * ((pair >>> 4) | (((high >>> (j + 16)) & 1) << 4)) + minimum;
    }
  },
});
