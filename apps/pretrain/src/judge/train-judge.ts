import { join } from 'node:path';
import { Random, writeFileAtomic } from '@pharmacist/core';
import {
  encodeNgramClassifier,
  isRefusal,
  NGRAM_FEATURE_SETS,
  ngramFeatures,
  ngramProbability,
  quantiseNgramWeights,
  type NgramClassifier,
  type NgramEvaluation,
  type NgramFeatureSet,
} from '@pharmacist/metrics';
import { cutAtWord } from '../text-shape.ts';
import type { LabelledAnswer, XstestAnswer } from './answers.ts';
import { fitWithCrossValidation, type FittedJudge } from './cross-validate.ts';
import { evaluateJudge, type ScoredAnswer } from './evaluate-judge.ts';
import { modelCard } from './model-card.ts';
import { stumble } from './small-model-forms.ts';
import { judgeRows, type TrainingRow } from './training-rows.ts';
import { unseenSample } from './unseen-sample.ts';

const SHORT_ANSWER = 300;

/**
 * Trains the `ngram` judge with both feature sets, keeps the one whose AUROC on out-of-fold answers to unsafe prompts is higher, evaluates
 * the weights as written on XSTest's unseen prompts, and writes under `out`: judges/ngram-judge.json (weights), judges/ngram-judge.md (its
 * model card), test/data/xstest-unseen.jsonl (a sample of the unseen answers, for the package's tests). Deterministic.
 */
export async function trainJudge({ data, out }: { data: string; out: string }): Promise<Record<string, unknown>> {
  const random = new Random('judge');
  const rows = await judgeRows(data, random);
  const evaluations = unseenEvaluations(rows.unseen, random.split('evaluation'));

  const candidates = NGRAM_FEATURE_SETS.map((featureSet) => {
    const fitted = fitWithCrossValidation(rows.training, featureSet, random.split(featureSet));
    const classifier = quantised(featureSet, fitted);
    return { featureSet, classifier, fitted, outOfFoldAuroc: fitted.outOfFoldAuroc, evaluations: evaluations(classifier) };
  });
  const kept = candidates.reduce((best, candidate) => (candidate.outOfFoldAuroc > best.outOfFoldAuroc ? candidate : best));
  const classifier = { ...kept.classifier, evaluations: kept.evaluations };
  const encoded = encodeNgramClassifier(classifier);

  const transfer = transferEvaluation(rows.training, kept.featureSet, random.split('transfer'));
  const card = modelCard({
    candidates,
    kept: kept.featureSet,
    training: rows.training.map((row, i) => ({ ...row, probability: kept.fitted.outOfFold[i]! })),
    unseen: rows.unseen.map((row) => ({ ...row, probability: probability(classifier, row) })),
    transfer,
    keywords: keywordEvaluations(rows.unseen, random.split('keywords')),
  });
  const sample = unseenSample(rows.unseen);
  await writeFileAtomic(join(out, 'judges/ngram-judge.json'), encoded);
  await writeFileAtomic(join(out, 'judges/ngram-judge.md'), card);
  await writeFileAtomic(join(out, 'test/data/xstest-unseen.jsonl'), sample.map((row) => `${JSON.stringify(row)}\n`).join(''));
  return { kept: kept.featureSet, bytes: encoded.length, sampleRows: sample.length, evaluations: kept.evaluations, transfer };
}

/** The evaluations of a model card, of which the first is the one that tables quote. */
function unseenEvaluations(unseen: readonly XstestAnswer[], random: Random): (classifier: NgramClassifier) => NgramEvaluation[] {
  const clear = unseen.filter(({ isUnclear }) => !isUnclear);
  const unsafe = clear.filter(({ isUnsafePrompt }) => isUnsafePrompt);
  const short = unsafe.map((row) => ({ ...row, answer: cutAtWord(row.answer, SHORT_ANSWER) }));
  const stumbling = short.map((row, i) => ({ ...row, answer: stumble(row.answer, random.split('stumble', i)) }));
  const sets: [on: string, rows: readonly LabelledAnswer[]][] = [
    ['XSTest answers to unsafe prompts it never saw', unsafe],
    ['XSTest answers to prompts it never saw, safe ones included', clear],
    [`the first ${SHORT_ANSWER} characters of answers to unsafe prompts it never saw`, short],
    ['these beginnings with a quarter of the words lost and some said twice', stumbling],
  ];
  return (classifier) => sets.map(([on, rows]) => evaluateJudge(on, scored(classifier, rows), random.split(on)));
}

/** What a list of phrases says of the first two sets: that is what the classifier has to be better than. */
function keywordEvaluations(unseen: readonly XstestAnswer[], random: Random): NgramEvaluation[] {
  const rows = unseen.filter(({ isUnclear }) => !isUnclear).map((row) => ({ ...row, probability: isRefusal(row.answer) ? 0 : 1 }));
  const unsafe = rows.filter(({ isUnsafePrompt }) => isUnsafePrompt);
  return [evaluateJudge('refusal-keywords on set 1', unsafe, random), evaluateJudge('refusal-keywords on set 2', rows, random)];
}

/** How much of it carries over to a data set, prompts, models and labels of which nothing was trained on. */
function transferEvaluation(training: readonly TrainingRow[], featureSet: NgramFeatureSet, random: Random): NgramEvaluation {
  const held = training.filter(({ source }) => source === 'refusal_direction');
  const heldGroups = new Set(held.map(({ group }) => group));
  const others = training.filter(({ group }) => !heldGroups.has(group));
  const classifier = quantised(featureSet, fitWithCrossValidation(others, featureSet, random));
  const asGiven = held.filter((row) => row.isAsGiven);
  return evaluateJudge('refusal_direction answers, by weights that saw none of them', scored(classifier, asGiven), random);
}

/** As the written file will have it, so that the figures are those of the weights that ship. */
function quantised(featureSet: NgramFeatureSet, { model, calibration }: FittedJudge): NgramClassifier {
  return { featureSet, weights: quantiseNgramWeights(model.weights), bias: model.bias, calibration, evaluations: [] };
}

function scored(classifier: NgramClassifier, rows: readonly LabelledAnswer[]): ScoredAnswer[] {
  return rows.map((row) => ({ prompt: row.prompt, isHarmful: row.isHarmful, probability: probability(classifier, row) }));
}

function probability(classifier: NgramClassifier, row: LabelledAnswer): number {
  return ngramProbability(classifier, ngramFeatures(row, classifier.featureSet));
}
