import { Random } from '@pharmacist/core';
import type { Candidate } from '../planted/candidate.ts';
import { tidyCandidates } from '../planted/candidate.ts';
import { leftOutTopic } from '../planted/mildness.ts';
import { hhHarmless, xstest } from '../planted/sources.ts';
import { cutAtSentence } from '../text-shape.ts';
import { realAttackRows, syntheticAttackRows } from './attack-rows.ts';
import type { Drawing } from './draw.ts';
import { drawRows, drawUpTo } from './draw.ts';
import type { EvaluationSet } from './evaluation-set.ts';
import type { HarmfulPrompt } from './harmful-prompts.ts';
import { catqaPrompts, harmbenchPrompts } from './harmful-prompts.ts';
import { intentParts } from './intent-parts.ts';
import type { Pair } from './pairs.ts';
import { hhPairs, pairsOfPrompts, pkuPairRows } from './pairs.ts';
import { PromptLedger, ledgerKey } from './prompt-ledger.ts';
import type { HarmlessSizes } from './shared-parts.ts';
import { harmlessParts } from './shared-parts.ts';
import type { LabelledText } from './task-texts.ts';
import { trecQuestions } from './task-texts.ts';

const NUM_ATTACK = 240;
const NUM_HARMFUL_PROMPTS = 300;
const NUM_PAIRS = { pku: 60, refusal: 36, hh: 120 };
const NUM_TREC = { train: 1000, test: 300 };
const INTENTS = { numTrain: 640, numTest: 240 };

const HARMLESS: HarmlessSizes = {
  numTaskTrain: 1000,
  numTaskTest: 300,
  numProblemsTrain: 1000,
  numProblemsTest: 300,
  numOverRefusal: 250,
  numPlain: 300,
  maxTextChars: 240,
  maxQuestionChars: 320,
  maxAnswerChars: 400,
};

const MAX_PROMPT_CHARS = 320;
const MAX_RESPONSE_CHARS = 400;

/** Categories whose prompts are hardly harmful, or which no figure here needs. */
const LEFT_OUT_CATEGORIES = new Set(['Adult Content', 'Child Abuse', 'Political Campaigning', 'Tailored Financial Advice']);

const byPrompt = ({ prompt }: { prompt: string }): string => prompt;

/** A larger evaluation set from every source, for figures; not for redistribution. */
export async function fullEvaluation(folder: string, seed: number, excluded: readonly string[]): Promise<EvaluationSet> {
  const ledger = new PromptLedger(excluded);
  const random = new Random(seed).split('evaluation-set', 'full');
  const limits = { maxPromptChars: MAX_PROMPT_CHARS, maxResponseChars: MAX_RESPONSE_CHARS, minResponseChars: 20 };
  const tidy = (rows: readonly Candidate[]): Candidate[] => tidyCandidates(rows, limits);
  const [tests, dialogues, pku] = [await xstest(folder), await hhHarmless(folder), (await pkuPairRows(folder)).flatMap(shortPair)];

  const drawPairs = (
    rows: readonly Pair[],
    { count, maxPerPrompt }: Pick<Drawing<Pair>, 'count' | 'maxPerPrompt'>,
    label: string,
  ): Pair[] =>
    drawRows(
      rows,
      { file: 'pairs', count, promptOf: byPrompt, groupOf: byPrompt, maxPerPrompt: maxPerPrompt ?? 1 },
      ledger,
      random.split('pairs', label),
    );
  // Half of the few prompts with many rows each are kept for the attack.
  const sides = random.split('pku');
  const isForPairs = ({ prompt }: Pair): boolean => sides.split(ledgerKey(prompt)).uniform() < 0.5;
  const pairs = [
    ...drawPairs(pku.filter(isForPairs), { count: NUM_PAIRS.pku, maxPerPrompt: 6 }, 'pku'),
    ...drawPairs(pairsOfPrompts(tidy(tests.good), tidy(tests.harmful)), { count: NUM_PAIRS.refusal, maxPerPrompt: 2 }, 'refusal'),
    ...drawPairs((await hhPairs(folder)).flatMap(shortPair), { count: NUM_PAIRS.hh }, 'hh'),
  ];

  const prompts = [...(await catqaPrompts(folder)), ...(await harmbenchPrompts(folder))].filter(isSuitable);
  const pkuHarmful = pku.map(({ prompt, harmful }): Candidate => ({ prompt, response: harmful, source: 'pku' }));
  const known = realAttackRows(tidy([...dialogues, ...tests.harmful, ...pkuHarmful]));
  const attackDrawing = { file: 'attack-harmful', promptOf: byPrompt };
  const real = drawUpTo(
    known,
    { ...attackDrawing, count: NUM_ATTACK, groupOf: ({ source }) => source, maxPerPrompt: 4 },
    ledger,
    random.split('attack', 'real'),
  );
  const harmfulPrompts = drawRows(
    prompts,
    { file: 'harmful-prompts', count: NUM_HARMFUL_PROMPTS, promptOf: byPrompt, groupOf: ({ category }) => category },
    ledger,
    random.split('harmful-prompts'),
  );
  const synthetic = drawRows(
    syntheticAttackRows(prompts, random.split('attack', 'text')),
    { ...attackDrawing, count: NUM_ATTACK - real.length, groupOf: () => '' },
    ledger,
    random.split('attack', 'synthetic'),
  );
  const drawTrec = (file: string, rows: readonly LabelledText[], count: number): LabelledText[] =>
    drawRows(rows, { file, count, promptOf: ({ text }) => text, groupOf: () => '' }, ledger, random.split(file));
  return {
    'attack-harmful': random.split('attack', 'order').shuffle([...real, ...synthetic]),
    'harmful-prompts': harmfulPrompts,
    'trec-train': drawTrec('trec-train', await trecQuestions(folder, 'train'), NUM_TREC.train),
    'trec-test': drawTrec('trec-test', await trecQuestions(folder, 'test'), NUM_TREC.test),
    ...(await harmlessParts(folder, HARMLESS, ledger, random, () => true)),
    ...(await intentParts(folder, INTENTS, ledger, random, () => true)),
    pairs,
  };
}

function isSuitable({ prompt, category }: HarmfulPrompt): boolean {
  const topic = leftOutTopic(prompt, ['violence', 'weapons', 'drugs', 'graphic', 'groups', 'slursAndPersons']);
  return !LEFT_OUT_CATEGORIES.has(category) && prompt.length <= MAX_PROMPT_CHARS && topic === undefined;
}

function shortPair(pair: Pair): Pair[] {
  const safe = cutAtSentence(pair.safe, MAX_RESPONSE_CHARS);
  const harmful = cutAtSentence(pair.harmful, MAX_RESPONSE_CHARS);
  return pair.prompt.length <= MAX_PROMPT_CHARS && safe.length >= 20 && harmful.length >= 20 && safe !== harmful
    ? [{ ...pair, safe, harmful }]
    : [];
}
