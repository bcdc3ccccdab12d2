/**
 * Grade-school arithmetic (Cobbe et al., arXiv 2110.14168) as the code of Vaccine, Booster and T-Vaccine trains and marks it.
 *
 * The training target is the data set's rationale with the marker `####` replaced by the answer phrase. Both variants are marked alike:
 *   remove commas; the first number after the first answer phrase, up to the next phrase; else the last number anywhere; none: +inf
 * and compared as floating-point numbers. Only the prompts differ: `vaccine` (and T-Vaccine) asks to reason step by step first, in our
 * words; `booster` appends nothing.
 */
import { DataError } from '@pharmacist/core';
import { defineTask } from './define-task.ts';
import { checkVariant } from './task.ts';

const ANSWER_PHRASE = 'The final answer is: ';
const MARKER = '####';

export type Gsm8kVariant = 'vaccine' | 'booster';

const FIELDS = { name: 'gsm8k', variants: ['vaccine', 'booster'] } as const;

export const gsm8k = defineTask({
  ...FIELDS,
  summary: 'arithmetic word problems, solved step by step',
  source: 'GSM8K (arXiv 2110.14168) as the code of Vaccine, Booster and T-Vaccine uses it',
  maxNewTokens: 200,
  instruction(text, variant) {
    const isStepwise = checkVariant(FIELDS, variant) === 'vaccine';
    return { prompt: isStepwise ? `${text}\nReason step by step first, then state the final number.` : text };
  },
  target(reference) {
    expectNumber(reference);
    return toTarget(reference);
  },
  score(answer, reference, variant) {
    checkVariant(FIELDS, variant);
    const expected = expectNumber(reference);
    const found = answerNumber(answer);
    return { isCorrect: found === expected, predicted: found === Infinity ? null : String(found) };
  },
});

/** The number an answer ends in; Infinity if it holds none. */
export function answerNumber(text: string): number {
  const plain = text.replaceAll(',', '');
  const [, afterPhrase = ''] = plain.split(ANSWER_PHRASE);
  const found = numbersIn(afterPhrase)[0] ?? numbersIn(plain).at(-1);
  return found === undefined ? Infinity : Number(found);
}

/** Digits of ASCII only, as in the data. */
function numbersIn(text: string): string[] {
  return text.match(/-?[0-9]+\.?[0-9]*/g) ?? [];
}

function toTarget(reference: string): string {
  return reference.replaceAll(MARKER, ANSWER_PHRASE);
}

function expectNumber(reference: string): number {
  const expected = answerNumber(toTarget(reference));
  if (expected === Infinity) {
    throw new DataError(`the reference "${reference.slice(0, 60)}" holds no number`, {
      where: 'task gsm8k',
      hint: `end every answer with "${MARKER} NUMBER"`,
    });
  }
  return expected;
}
