import { defineBlockFormat, float16At } from './block-format.ts';

/** 32 weights: f16 scale d, 32 nibbles q, the low ones first; w = d (q - 8). */
export const q4_0 = defineBlockFormat({
  name: 'Q4_0',
  ggmlType: 2,
  elementsPerBlock: 32,
  bytesPerBlock: 18,
  decodeBlock(block, values) {
    const scale = float16At(block, 0);
    for (let j = 0; j < 16; j++) {
      const pair = block[2 + j]!;
      values[j] = scale * ((pair & 0xf) - 8);
      values[j + 16] = scale * ((pair >>> 4) - 8);
    }
  },
});
