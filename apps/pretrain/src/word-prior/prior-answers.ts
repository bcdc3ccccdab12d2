import type { PriorAnswer } from '@pharmacist/selector';
import { refusalDirectionAnswers, xstestAnswers } from '../judge/answers.ts';
import { readXzRows } from '../source-file.ts';
import { cutAtSentence } from '../text-shape.ts';

export const PRIOR_SOURCES = ['xstest', 'refusal-direction', 'hh'] as const;
export type PriorSource = (typeof PRIOR_SOURCES)[number];

export interface SourcedAnswer extends PriorAnswer {
  readonly prompt: string;
  readonly source: PriorSource;
}

const MAX_CHARACTERS = 700;

/** The labelled answers of all sources, shortened, a text of one kind at most once in a source. */
export async function priorAnswers(folder: string): Promise<SourcedAnswer[]> {
  const answers = [...(await fromXstest(folder)), ...(await fromRefusalDirection(folder)), ...(await fromHh(folder))]
    .map((row) => ({ ...row, answer: cutAtSentence(row.answer.trim(), MAX_CHARACTERS) }))
    .filter(({ answer }) => answer !== '');
  return PRIOR_SOURCES.flatMap((source) => distinct(answers.filter((row) => row.source === source)));
}

/** The first row of every text of one kind. */
export function distinct<Row extends PriorAnswer>(rows: readonly Row[]): Row[] {
  const seen = new Set<string>();
  return rows.filter(({ kind, answer }) => seen.size < seen.add(`${kind} ${answer}`).size);
}

/** Refusals of unsafe prompts, and full compliance with unsafe and with safe ones; the rest says nothing clear. */
async function fromXstest(folder: string): Promise<SourcedAnswer[]> {
  const rows = await xstestAnswers(folder);
  return rows.flatMap(({ prompt, answer, isUnsafePrompt, isFullCompliance, isUnclear }) => {
    if (isUnclear || (!isUnsafePrompt && !isFullCompliance)) return [];
    const kind = !isUnsafePrompt ? 'benign' : isFullCompliance ? 'harmful' : 'good';
    return [{ prompt, answer, kind, source: 'xstest' as const }];
  });
}

/** By the verdict of Llama Guard 2. */
async function fromRefusalDirection(folder: string): Promise<SourcedAnswer[]> {
  const rows = await refusalDirectionAnswers(folder);
  return rows.map(({ prompt, answer, isHarmful }) => ({
    prompt,
    answer,
    kind: isHarmful ? 'harmful' : 'good',
    source: 'refusal-direction',
  }));
}

interface Pair {
  readonly chosen: readonly { readonly content: string }[];
  readonly rejected: readonly { readonly content: string }[];
}

/** Both first replies of the dialogues in which they differ: the preferred one counts as good. */
async function fromHh(folder: string): Promise<SourcedAnswer[]> {
  const pairs = await readXzRows<Pair>(folder, 'hh_harmless_test');
  return pairs.flatMap(({ chosen, rejected }): SourcedAnswer[] => {
    const prompt = chosen[0]!.content;
    const [good, poor] = [chosen[1]!.content, rejected[1]!.content];
    if (prompt !== rejected[0]!.content || good === poor) return [];
    return [
      { prompt, answer: good, kind: 'good', source: 'hh' },
      { prompt, answer: poor, kind: 'harmful', source: 'hh' },
    ];
  });
}
