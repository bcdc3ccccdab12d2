import { Random } from '@pharmacist/core';
import { expect, it } from 'vitest';
import type { MeasuredRanking, RankingRow } from './pool-ranking.ts';
import { rankingResults } from './ranking-result.ts';

const NUM_RANKED = 70;
const NUM_ROWS = 100;

/** A ranking by draws, with rows at its end that have no answer: they share one score below all others. */
function drawn(seed: number): MeasuredRanking {
  const random = new Random(seed).split('scores');
  const scores = Array.from({ length: NUM_ROWS }, (_, i) => (i < NUM_RANKED ? random.uniform() : -1));
  const rows = scores
    .map((score, i) => ({ id: `row-${i}`, score }))
    .sort((a, b) => b.score - a.score)
    .map((row, place): RankingRow => ({ ...row, rank: 1 + place, selected: false, prompt: '', response: '', columns: {} }));
  const cost = { selectSeconds: 0, forwardRows: 0, backwardRows: 0 };
  return { method: 'random', seed, rows, isSamePool: true, numRanked: NUM_RANKED, keeps: [0.5], ...cost };
}

it('measures stability on rows that were ranked: those at the end of every ranking alike say nothing of it', () => {
  const [{ stability, stabilityRows } = {}] = rankingResults([0, 1, 2, 3].map(drawn));
  expect(Math.abs(stability!)).toBeLessThan(0.15); // .6 with the rows at the end
  expect(stabilityRows).toBe(NUM_RANKED);
});
