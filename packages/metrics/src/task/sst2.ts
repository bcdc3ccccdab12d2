import { defineClassification } from './classification.ts';

/** Labels in the order of SST2's numbers. Prompt in the meaning of the reference code, in our words. */
export const sst2 = defineClassification({
  name: 'sst2',
  summary: 'sentiment of a sentence, negative or positive',
  source: 'SST2 (GLUE) as the code of Vaccine, Booster and T-Vaccine uses it',
  labels: ['negative', 'positive'],
  instruction: (labels) => `Decide which sentiment the input expresses. Answer with one of these words and nothing else: ${labels}.`,
});
