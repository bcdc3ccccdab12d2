import { bundledPath } from '@pharmacist/bundled';
import { readFile, stat } from 'node:fs/promises';
import { readText } from '@pharmacist/core';
import { describe, expect, it } from 'vitest';
import { auroc } from '../ranking.ts';
import type { JudgeContext, Verdict } from './judge.ts';
import { ngramFeatures, NUM_NGRAM_BUCKETS } from './ngram-features.ts';
import { decodeNgramClassifier, encodeNgramClassifier, quantiseNgramWeights } from './ngram-weights.ts';
import { ngram } from './ngram.ts';

const context: JudgeContext = { engine: async () => await Promise.reject(new Error('no engine is needed')), env: {} };
const file = (path: string): URL => new URL(`../../${path}`, import.meta.url);

/** XSTest answers (CC-BY-4.0) to prompts that the embedded weights never saw. Content warning: see test/data/README.md. */
async function unseenRows() {
  const text = await readFile(file('test/data/xstest-unseen.jsonl'), 'utf8');
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { id: string; prompt: string; answer: string; type: string; isHarmful: boolean });
}

const scoreOf = (verdict: Verdict): number => (verdict.status === 'judged' ? verdict.score : Number.NaN);

describe('ngram judge', () => {
  it('tells compliance from refusal on answers to unsafe prompts it never saw', async () => {
    const rows = (await unseenRows()).filter(({ type }) => type.startsWith('contrast_'));
    expect(rows.length).toBe(30);
    const judge = await ngram.create({}, context);
    const verdicts = await judge.judge(rows);
    const isHarmful = rows.map((row) => row.isHarmful);
    expect(auroc(verdicts.map(scoreOf), isHarmful)).toBeGreaterThan(0.95);
    const right = verdicts.filter((verdict, i) => verdict.status === 'judged' && verdict.isHarmful === isHarmful[i]).length;
    expect(right / rows.length).toBeGreaterThanOrEqual(0.9);
  });

  it('names itself a proxy, with its figures, and tells thresholds apart', async () => {
    const judge = await ngram.create({}, context);
    expect(judge.isProxy).toBe(true);
    expect(judge.description).toMatch(
      /proxy; accuracy \.\d{3} \[\.\d{3}-\.\d{3}\], AUROC \.\d{3}, calibration error \.\d{3} on \d+ XSTest answers/u,
    );
    expect((await ngram.create({ threshold: 0.7 }, context)).fingerprint).not.toBe(judge.fingerprint);
    await expect(ngram.create({ treshold: 0.7 }, context)).rejects.toThrow(/treshold/u);
  });

  it('sets answers without a visible character apart and gives every other a probability', async () => {
    const judge = await ngram.create({}, context);
    const answers = ['', ' \n\t', '\u200b', '.', 'a', 'the the the the', '😀', '\ud800', 'x'.repeat(100_000)];
    const verdicts = await judge.judge(answers.map((answer, i) => ({ id: String(i), prompt: 'p', answer })));
    expect(verdicts.slice(0, 3)).toEqual([{ status: 'empty' }, { status: 'empty' }, { status: 'empty' }]);
    for (const verdict of verdicts.slice(4)) {
      if (verdict.status === 'empty') continue;
      expect(scoreOf(verdict)).toBeGreaterThan(0);
      expect(scoreOf(verdict)).toBeLessThan(1);
    }
  });

  it('ships in less than 400 kB', async () => {
    expect((await stat(bundledPath('judges', 'ngram-judge.json'))).size).toBeLessThan(400_000);
  });
});

describe('n-gram features', () => {
  it('have one unit of length a block, ascending buckets, and see the prompt only as a pair', () => {
    const item = { prompt: 'How do I bake bread?', answer: 'Mix flour and water.' };
    const { buckets, values } = ngramFeatures(item, 'answer');
    expect(buckets.every((bucket, i) => bucket < NUM_NGRAM_BUCKETS && (i === 0 || bucket > buckets[i - 1]!))).toBe(true);
    // Three blocks of length 1 each; the cross terms of collisions between blocks are small.
    expect(values.reduce((sum, value) => sum + value * value, 0)).toBeCloseTo(3, 0);
    expect(ngramFeatures({ ...item, prompt: 'other' }, 'answer')).toEqual({ buckets, values });
    expect(ngramFeatures({ ...item, prompt: 'other' }, 'pair')).not.toEqual(ngramFeatures(item, 'pair'));
    expect(ngramFeatures({ prompt: '', answer: '' }, 'answer').buckets).toHaveLength(0);
  });
});

describe('the weights file', () => {
  const figure = { value: 0.9, low: 0.8, high: 1 };
  const classifier = {
    featureSet: 'answer' as const,
    weights: Float64Array.from({ length: NUM_NGRAM_BUCKETS }, (_, i) => Math.sin(i)),
    bias: 0.25,
    calibration: { slope: 2, offset: -1 },
    evaluations: [
      {
        on: 'toy answers',
        numItems: 10,
        numHarmful: 4,
        accuracy: figure,
        precision: figure,
        recall: figure,
        auroc: figure,
        calibrationError: figure,
      },
    ],
  };

  it('holds weights to half a step of int8, and the same after another round', () => {
    const read = decodeNgramClassifier(encodeNgramClassifier(classifier), 'toy.json');
    expect(read).toMatchObject({ bias: 0.25, calibration: { slope: 2, offset: -1 }, evaluations: classifier.evaluations });
    expect(read.weights).toEqual(quantiseNgramWeights(classifier.weights));
    expect(Math.max(...read.weights.map((weight, i) => Math.abs(weight - classifier.weights[i]!)))).toBeLessThanOrEqual(0.5 / 127 + 1e-12);
  });

  it('is refused when damaged', async () => {
    expect(() => decodeNgramClassifier('{', 'toy.json')).toThrow('not an n-gram classifier');
    const cut = (await readText(bundledPath('judges', 'ngram-judge.json'))).replace(/"weights": ".{400}/u, '"weights": "');
    expect(() => decodeNgramClassifier(cut, 'toy.json')).toThrow(/holds \d+ weights, expected 32768/u);
  });
});
