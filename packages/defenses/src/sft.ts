import { supervised } from '@pharmacist/language-model';
import { z } from 'zod';
import { defineDefense } from './define-defense.ts';

/** Plain supervised fine-tuning on the alignment rows: what every other method is compared with. */
export const sft = defineDefense({
  name: 'sft',
  summary: 'supervised fine-tuning on the alignment rows',
  source: 'the baseline of every paper of the family',
  passes: '1F + 1B',
  config: z.strictObject({}),
  needsHarmful: false,
  start({ model, adapter, count }) {
    const { fingerprint, gradient } = supervised(model, adapter);
    return {
      fingerprint,
      gradient: async (step) => {
        count('forward', 1, step.batch.numRows);
        count('backward', 1, step.batch.numRows);
        return await gradient(step);
      },
    };
  },
});
