import { sigmoid } from '../learning/log-loss.ts';
import { sortedKnown } from '../learning/sorted-known.ts';
import type { PlattScaling } from '../learning/calibration.ts';

const TOLERANCE = 1e-9;
/** A pool that looks unlike the trusted rows seems to hold next to no good row, and one that looks unlike the spoiled copies no poor one. Neither is believed. */
const [LEAST_SHARE, MOST_SHARE] = [0.2, 0.8];
/** Log-odds that no shift has to exceed. */
const LARGEST_SHIFT = 64;

/** Probabilities that rows are good, and the share of good rows in the pool that they imply. */
export interface Chances {
  readonly goodShare: number;
  probability(score: number): number;
}

/**
 * Probabilities for a pool whose share of good rows is not known, from ones that were learned where half was good: log-odds shifted so that the pool's mean
 * probability is the share of good rows that its own scores make most likely (Saerens, Latinne & Decaestecker, "Adjusting the outputs of a classifier to new a
 * priori probabilities", 2002), kept within .2 and .8.
 *   share = mean_i sigmoid(l_i + logit(share));   p_i = sigmoid(l_i + d) with mean_i p_i = share
 * The likelihood has one maximum, and rises where the mean is above the share: found by bisection, where expectation maximisation takes hundreds of rounds.
 * It holds as far as good and poor rows of the pool score like the trusted rows and the planted ones.
 * @param scores of the pool, f64 [N]; NaN left out.
 */
export function chancesInPool(scores: Float64Array, { slope, offset }: PlattScaling): Chances {
  const logOdds = (score: number) => slope * score + offset;
  const pool = sortedKnown(scores);
  for (let i = 0; i < pool.length; i++) pool[i] = logOdds(pool[i]!);
  const meanAfter = (shift: number) => pool.reduce((sum, value) => sum + sigmoid(value + shift), 0) / pool.length;
  const share = likeliestShare(meanAfter);
  const shift = shiftTo(share, meanAfter);
  return { goodShare: share, probability: (score) => sigmoid(logOdds(score) + shift) };
}

function likeliestShare(meanAfter: (shift: number) => number): number {
  const excess = (share: number) => meanAfter(Math.log(share / (1 - share))) - share;
  // Scores that say nothing make every share as likely.
  if (Math.abs(excess(0.5)) < TOLERANCE) return 0.5;
  let [low, high] = [LEAST_SHARE, MOST_SHARE];
  while (high - low > TOLERANCE) {
    const middle = (low + high) / 2;
    if (excess(middle) > 0) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** The shift after which the pool's mean probability is the share, by bisection. */
function shiftTo(share: number, meanAfter: (shift: number) => number): number {
  let [low, high] = [-LARGEST_SHIFT, LARGEST_SHIFT];
  while (high - low > TOLERANCE) {
    const middle = (low + high) / 2;
    if (meanAfter(middle) < share) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
