import { defineBlockFormat, float16At } from './block-format.ts';

/** 32 weights: f16 scale d, f16 minimum m, 32 nibbles q, the low ones first; w = d q + m. */
export const q4_1 = defineBlockFormat({
  name: 'Q4_1',
  ggmlType: 3,
  elementsPerBlock: 32,
  bytesPerBlock: 20,
  decodeBlock(block, values) {
    const scale = float16At(block, 0);
    const minimum = float16At(block, 2);
    for (let j = 0; j < 16; j++) {
      const pair = block[4 + j]!;
      // d q has at most 15 significant bits: exact, so that the store is the only rounding.
      values[j] = scale * (pair & 0xf) + minimum;
      values[j + 16] = scale * (pair >>> 4) + minimum;
    }
  },
});
