import { defineClassification } from './classification.ts';

/** Labels in the order of AG News' numbers. Prompt in the meaning of the reference code, in our words. */
export const agnews = defineClassification({
  name: 'agnews',
  summary: 'category of a text: World, Sports, Business, Sci/Tech, or labels of your own',
  source: 'AG News as the code of Vaccine, Booster and T-Vaccine uses it',
  labels: ['World', 'Sports', 'Business', 'Sci/Tech'],
  instruction: (labels) => `Sort the text in the input into one of these categories, and answer with the category alone: ${labels}.`,
});
