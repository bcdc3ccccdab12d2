import { defineBlockFormat, float16At, signed } from './block-format.ts';

/** 32 weights: f16 scale d, 32 signed bytes q; w = d q. */
export const q8_0 = defineBlockFormat({
  name: 'Q8_0',
  ggmlType: 8,
  elementsPerBlock: 32,
  bytesPerBlock: 34,
  decodeBlock(block, values) {
    const scale = float16At(block, 0);
    for (let j = 0; j < 32; j++) values[j] = scale * signed(block[2 + j]!);
  },
});
