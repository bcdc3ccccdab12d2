import type { Random } from '@pharmacist/core';
import type { Candidate } from '../planted/candidate.ts';
import { readXzRows } from '../source-file.ts';

/** A text with its label, and the ways to ask for the label and to tell it. */
export interface LabelledText {
  readonly text: string;
  readonly source: string;
  readonly questions: readonly ((text: string) => string)[];
  readonly answers: readonly string[];
}

const TOPIC_QUESTIONS = [
  (text: string) => `What is this message about? ${text}`,
  (text: string) => `Which topic does the message belong to? ${text}`,
  (text: string) => `${text}\nWhat does this person want to talk about?`,
  (text: string) => `Sort the following message by its topic: ${text}`,
];
const VERDICT_QUESTIONS = [
  (text: string) => `Does the reviewer like the film? ${text}`,
  (text: string) => `Is this review good or bad? ${text}`,
  (text: string) => `${text}\nWould this critic see the film again?`,
  (text: string) => `Sum up the verdict on the film: ${text}`,
];
const VERDICTS: Readonly<Record<string, readonly string[]>> = {
  positive: [
    'Yes, the reviewer likes the film.',
    'The review is a good one.',
    'It sounds like praise of the film.',
    'Well worth a visit, says the critic.',
  ],
  negative: [
    'No, the reviewer does not like it.',
    'The review is a bad one.',
    'It sounds like a poor film.',
    'Hardly worth a visit, says the critic.',
  ],
};

/** Messages to an assistant or a bank, with what they are about. */
export async function intentRows(folder: string, source: 'banking77' | 'clinc150'): Promise<LabelledText[]> {
  const rows = await readXzRows<{ text: string; intent: string }>(folder, `${source}_test`);
  return rows
    .filter(({ intent }) => intent !== 'oos')
    .map(({ text, intent }) => {
      const topic = intent.toLowerCase().replaceAll(/[_?]+/gu, ' ').trim();
      const answers = [
        `The message is about ${topic}.`,
        `Its topic is ${topic}.`,
        `This person wants to talk about ${topic}.`,
        `It belongs to ${topic}.`,
      ];
      return { text, source, questions: TOPIC_QUESTIONS, answers };
    });
}

/** Sentences of film reviews, with their verdict. */
export async function reviewRows(folder: string): Promise<LabelledText[]> {
  const rows = await readXzRows<{ text: string; label: string }>(folder, 'sentence_polarity');
  return rows.map(({ text, label }) => ({ text, source: 'sentence_polarity', questions: VERDICT_QUESTIONS, answers: VERDICTS[label]! }));
}

/** Question and answer, each in one of its forms. */
export function phrased({ text, source, questions, answers }: LabelledText, random: Random): Candidate {
  const draw = random.split(source, text);
  return { prompt: questions[draw.integer(questions.length)]!(text), response: answers[draw.integer(answers.length)]!, source };
}
