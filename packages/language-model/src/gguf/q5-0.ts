import { defineBlockFormat, float16At, uint32At } from './block-format.ts';

/** 32 weights: f16 scale d, 32 upper bits, 32 nibbles, the low ones first; w = d (q - 16) with q of 5 bits. */
export const q5_0 = defineBlockFormat({
  name: 'Q5_0',
  ggmlType: 6,
  elementsPerBlock: 32,
  bytesPerBlock: 22,
  decodeBlock(block, values) {
    const scale = float16At(block, 0);
    const high = uint32At(block, 2);
    for (let j = 0; j < 16; j++) {
      const pair = block[6 + j]!;
      values[j] = scale * (((pair & 0xf) | (((high >>> j) & 1) << 4)) - 16);
      values[j + 16] = scale * (((pair >>> 4) | (((high >>> (j + 16)) & 1) << 4)) - 16);
    }
  },
});
