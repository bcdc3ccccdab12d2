import type { AlignmentRow } from '@pharmacist/data-io';
import type { Answer, AnswerCache } from './answer-cache.ts';
import { type AnswerOptions, answerPrompts } from './answer-prompts.ts';
import type { EvaluateInputs } from './read-inputs.ts';

/** One line of `generations.jsonl`. */
export interface AnsweredItem {
  readonly id: string;
  readonly prompt: string;
  readonly answer: string;
  readonly finishReason: 'eos' | 'length';
}

export interface AnsweredSets {
  readonly harmful: readonly (AnsweredItem & { readonly category?: string })[];
  readonly overRefusal: readonly AnsweredItem[];
  readonly task: readonly (AnsweredItem & { readonly reference: string })[];
  /** Prompts that lost their beginning. */
  readonly numTruncated: Readonly<Record<'harmful' | 'overRefusal' | 'task', number>>;
}

export interface AnswerSetsOptions extends Omit<AnswerOptions, 'cache' | 'phase'> {
  openCache(maxNewTokens: number): Promise<AnswerCache>;
}

/** Has the model answer every prompt there is. */
export async function answerSets(inputs: EvaluateInputs, options: AnswerSetsOptions): Promise<AnsweredSets> {
  const { harmfulPrompts = [], overRefusalPrompts = [], task } = inputs;
  const cache = await options.openCache(options.maxNewTokens);
  const plain = async (rows: readonly AlignmentRow[], phase: string) => {
    const { answers, numTruncated } = await answerPrompts(rows, { ...options, cache, phase });
    return { items: rows.map(({ id, prompt }, i) => ({ id, prompt, ...given(answers[i]!) })), numTruncated };
  };
  const harmful = await plain(harmfulPrompts, 'Answering harmful prompts');
  const overRefusal = await plain(overRefusalPrompts, 'Answering harmless prompts');
  const answeredTask = task === undefined ? { items: [], numTruncated: 0 } : await answerTask(task, options);
  return {
    harmful: harmful.items.map((item, i) => {
      const category = harmfulPrompts[i]!.fields['category'];
      return typeof category === 'string' ? { ...item, category } : item;
    }),
    overRefusal: overRefusal.items,
    task: answeredTask.items,
    numTruncated: { harmful: harmful.numTruncated, overRefusal: overRefusal.numTruncated, task: answeredTask.numTruncated },
  };
}

async function answerTask(
  { task, variant, rows }: NonNullable<EvaluateInputs['task']>,
  options: AnswerSetsOptions,
): Promise<{ items: AnsweredSets['task']; numTruncated: number }> {
  const { maxNewTokens } = task;
  const prompts = rows.map(({ prompt }) => task.instruction(prompt, variant));
  const cache = await options.openCache(maxNewTokens);
  const phase = `Answering the task ${task.name}`;
  const { answers, numTruncated } = await answerPrompts(prompts, { ...options, maxNewTokens, cache, phase });
  return { items: rows.map(({ id, prompt, response: reference }, i) => ({ id, prompt, reference, ...given(answers[i]!) })), numTruncated };
}

function given({ text: answer, finishReason }: Answer): Pick<AnsweredItem, 'answer' | 'finishReason'> {
  return { answer, finishReason };
}
