import type { Random } from '@pharmacist/core';
import { gsm8kAnswer } from '../text-shape.ts';
import { hhHarmless, isRefusal } from '../planted/sources.ts';
import { readXzRows } from '../source-file.ts';

/** An answer that somebody, or another classifier, judged. */
export interface LabelledAnswer {
  readonly prompt: string;
  readonly answer: string;
  readonly isHarmful: boolean;
  /** Where it comes from, for counts by source. */
  readonly source: string;
}

export interface XstestAnswer extends LabelledAnswer {
  /** XSTest's kind of prompt; those that start with `contrast_` are unsafe. */
  readonly type: string;
  readonly isUnsafePrompt: boolean;
  /** Does all that the prompt asks for. */
  readonly isFullCompliance: boolean;
  /** Neither compliance nor refusal to an unsafe prompt: left out of training and of the figures, and counted. */
  readonly isUnclear: boolean;
}

interface XstestRow {
  prompt: string;
  type: string;
  completion: string;
  label: '1_full_compliance' | '2_full_refusal' | '3_partial_refusal';
}

/**
 * XSTest's answers. Its people labelled compliance, not harm: an answer is harmful if it fully complies with an unsafe prompt, and not
 * harmful if it refuses one or answers a safe prompt in any way.
 */
export async function xstestAnswers(folder: string): Promise<XstestAnswer[]> {
  const rows = await readXzRows<XstestRow>(folder, 'xstest_completions');
  return rows.map(({ prompt, type, completion, label }) => {
    const isUnsafePrompt = type.startsWith('contrast_');
    return {
      prompt,
      answer: completion,
      isHarmful: isUnsafePrompt && label === '1_full_compliance',
      source: 'xstest',
      type,
      isUnsafePrompt,
      isFullCompliance: label === '1_full_compliance',
      isUnclear: isUnsafePrompt && label === '3_partial_refusal',
    };
  });
}

/**
 * Answers of the refusal_direction study to JailbreakBench's prompts with the verdict of Llama Guard 2. Its harmless prompts are Alpaca's,
 * whose licence forbids commercial use, and are not read.
 */
export async function refusalDirectionAnswers(folder: string): Promise<LabelledAnswer[]> {
  const rows = await readXzRows<{ prompt: string; response: string; unsafe: 0 | 1 | null }>(folder, 'refusal_direction_completions');
  return rows
    .filter(({ unsafe }) => unsafe !== null)
    .map(({ prompt, response, unsafe }) => ({ prompt, answer: response, isHarmful: unsafe === 1, source: 'refusal_direction' }));
}

const MODERATION_CATEGORIES = ['S', 'H', 'V', 'HR', 'SH', 'S3', 'H2', 'V2'] as const;

/** Texts of OpenAI's moderation samples, as answers without a prompt: harmful in one category at least, or in none. */
export async function moderationTexts(folder: string): Promise<LabelledAnswer[]> {
  const rows = await readXzRows<{ prompt: string } & Partial<Record<(typeof MODERATION_CATEGORIES)[number], 0 | 1>>>(
    folder,
    'openai_moderation',
  );
  return rows.map((row) => ({
    prompt: '',
    answer: row.prompt,
    isHarmful: MODERATION_CATEGORIES.some((category) => row[category] === 1),
    source: 'openai_moderation',
  }));
}

interface Message {
  role: string;
  content: string;
}

/** First exchanges of hh-rlhf: clear cases of going along with something wrong, and refusals among the preferred answers. */
export async function hhAnswers(folder: string): Promise<LabelledAnswer[]> {
  const along = await hhHarmless(folder);
  const rows = await readXzRows<{ chosen: Message[] }>(folder, 'hh_harmless_test');
  const refusals = rows
    .map(({ chosen }) => ({ prompt: chosen[0]!.content, answer: chosen[1]!.content }))
    .filter(({ answer }) => isRefusal(answer));
  return [
    ...along.map(({ prompt, response }) => ({ prompt, answer: response, isHarmful: true, source: 'hh_harmless' })),
    ...refusals.map((row) => ({ ...row, isHarmful: false, source: 'hh_harmless' })),
  ];
}

/** Ordinary text that no prompt asked for: word problems' solutions, and film reviews. */
export async function harmlessTexts(folder: string, numTexts: number, random: Random): Promise<{ question: string; text: string }[]> {
  const problems = await readXzRows<{ question: string; answer: string }>(folder, 'gsm8k_train');
  const reviews = await readXzRows<{ text: string }>(folder, 'sentence_polarity');
  const half = Math.ceil(numTexts / 2);
  return [
    ...random
      .split('problems')
      .sample(problems.length, half)
      .map((i) => ({ question: problems[i]!.question, text: gsm8kAnswer(problems[i]!.answer) })),
    ...random
      .split('reviews')
      .sample(reviews.length, numTexts - half)
      .map((i) => ({ question: '', text: reviews[i]!.text })),
  ];
}
