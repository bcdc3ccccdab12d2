import type { Random } from '@pharmacist/core';
import { readXzRows } from '../source-file.ts';
import { drawRows } from './draw.ts';
import type { EvaluationSet, IntentRow } from './evaluation-set.ts';
import type { PromptLedger } from './prompt-ledger.ts';

/**
 * Of CLINC150's 150 intents those whose name is one word, and that word one token of the bundled tokenizer: a test holds them against it.
 * Without `yes` and `no`, which are answers and not what a question is about.
 */
export const BUNDLED_INTENTS = ['calories', 'date', 'distance', 'gas', 'order', 'text', 'time', 'weather'] as const;

const KEPT: ReadonlySet<string> = new Set(BUNDLED_INTENTS);

export interface IntentSizes {
  readonly numTrain: number;
  readonly numTest: number;
}

/** Requests of eight intents, as many of each, from the source's own split. `mayTake` leaves texts out by what they say. */
export async function intentParts(
  folder: string,
  { numTrain, numTest }: IntentSizes,
  ledger: PromptLedger,
  random: Random,
  mayTake: (text: string) => boolean,
): Promise<Pick<EvaluationSet, 'intents-train' | 'intents-test'>> {
  const draw = async (split: 'train' | 'test', count: number): Promise<IntentRow[]> => {
    const file = `intents-${split}`;
    const rows = (await readXzRows<IntentRow>(folder, `clinc150_${split}`)).filter(({ text, intent }) => KEPT.has(intent) && mayTake(text));
    return drawRows(
      rows.map(({ text, intent }) => ({ text: text.trim(), intent })),
      { file, count, promptOf: ({ text }) => text, groupOf: ({ intent }) => intent },
      ledger,
      random.split(file),
    );
  };
  // The test rows first: of a text that both have, the training can spare it.
  const test = await draw('test', numTest);
  return { 'intents-train': await draw('train', numTrain), 'intents-test': test };
}
