import { join } from 'node:path';
import { Random, writeFileAtomic } from '@pharmacist/core';
import { auroc, bootstrapInterval } from '@pharmacist/metrics';
import {
  answerTerms,
  decodeWordPriors,
  encodeWordPriors,
  hashedTerms,
  trainWordPrior,
  WORD_PRIORS,
  wordDecision,
  type WordModel,
  type WordPriorName,
} from '@pharmacist/selector';
import { byPrompt } from '../judge/evaluate-judge.ts';
import { distinct, priorAnswers, type PriorSource, type SourcedAnswer } from './prior-answers.ts';
import { type LeftOutFigure, priorCard } from './prior-card.ts';

/** The source that a model never saw. */
const LEFT_OUT: Readonly<Record<WordPriorName, PriorSource | undefined>> = {
  public: undefined,
  'without-xstest': 'xstest',
  'without-refusal-direction': 'refusal-direction',
  'without-hh': 'hh',
};

/**
 * Trains the word priors and measures, on each source, the one that never saw it, with the weights as written. Writes under `out`:
 * words/word-prior.json (weights) and words/word-prior.md (their card). Deterministic.
 */
export async function trainPriors({ data, out }: { data: string; out: string }): Promise<Record<string, unknown>> {
  const random = new Random('word-prior');
  const answers = await priorAnswers(data);
  const trained = new Map<WordPriorName, WordModel>();
  for (const name of WORD_PRIORS) trained.set(name, await trainWordPrior(seenBy(name, answers), random.split(name)));
  const encoded = encodeWordPriors(trained);
  const models = decodeWordPriors(encoded, 'the models just trained');
  const figures = WORD_PRIORS.flatMap((name) => leftOutFigures(name, models.get(name)!, answers, random.split('interval', name)));

  await writeFileAtomic(join(out, 'words/word-prior.json'), encoded);
  await writeFileAtomic(join(out, 'words/word-prior.md'), priorCard(answers, figures));
  return { answers: answers.length, bytes: encoded.length, figures };
}

function seenBy(name: WordPriorName, answers: readonly SourcedAnswer[]): SourcedAnswer[] {
  return distinct(answers.filter(({ source }) => source !== LEFT_OUT[name]));
}

/** A text that another source holds too was seen after all, and does not count. */
function leftOutFigures(name: WordPriorName, model: WordModel, answers: readonly SourcedAnswer[], random: Random): LeftOutFigure[] {
  const source = LEFT_OUT[name];
  if (source === undefined) return [];
  const seen = new Set(seenBy(name, answers).map(({ answer }) => answer));
  const held = answers
    .filter((row) => row.source === source && !seen.has(row.answer))
    .map((row) => ({ ...row, score: wordDecision(model, hashedTerms(answerTerms(row.answer))) }));
  return (['harmful', 'benign'] as const).flatMap((against): LeftOutFigure[] => {
    const compared = held.filter(({ kind }) => kind === 'good' || kind === against);
    const numPoor = compared.filter(({ kind }) => kind === against).length;
    if (numPoor === 0) return [];
    // Answers to one prompt are alike: prompts are redrawn with all their answers.
    const prompts = byPrompt(compared);
    const strata = prompts.map((own) => own.some(({ kind }) => kind === against));
    const statistic = (drawn: Uint32Array) => {
      const rows = Array.from(drawn).flatMap((prompt) => prompts[prompt]!);
      return auroc(
        rows.map(({ score }) => score),
        rows.map(({ kind }) => kind === 'good'),
      );
    };
    const interval = bootstrapInterval(prompts.length, statistic, { random: random.split(against), strata, numResamples: 1000 });
    return [{ source, against, numGood: compared.length - numPoor, numPoor, auroc: interval }];
  });
}
