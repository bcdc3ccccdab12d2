import { ConfigError, type Random } from '@pharmacist/core';

export interface SamplingOptions {
  /** Divides the logits; 0 (the default) is greedy and ignores the other fields. */
  readonly temperature?: number;
  /** Tokens that stay eligible, the likeliest first; all by default. */
  readonly topK?: number;
  /** Nucleus sampling (Holtzman et al. 2020): the fewest likeliest tokens whose probabilities sum to at least this; 1 by default. */
  readonly topP?: number;
}

/** @throws {ConfigError} if a field is out of its range. */
export function checkSampling({ temperature = 0, topK, topP = 1 }: SamplingOptions): void {
  if (!(temperature >= 0 && temperature < Infinity)) throw outOfRange('temperature', temperature, 'a number >= 0');
  if (topK !== undefined && !(Number.isInteger(topK) && topK >= 1)) throw outOfRange('topK', topK, 'an integer >= 1');
  if (!(topP > 0 && topP <= 1)) throw outOfRange('topP', topP, 'a number above 0 and at most 1');
}

/** Whether the likeliest token is taken, whatever the other fields say. */
export function isGreedy({ temperature = 0, topK }: SamplingOptions): boolean {
  return temperature === 0 || topK === 1;
}

/** Index of the largest logit, the first of equal ones. f32 [V]; -1 if one is NaN or none is above -Infinity. */
export function argMax(logits: Float32Array): number {
  let best = -1;
  let highest = -Infinity;
  for (let i = 0; i < logits.length; i++) {
    const logit = logits[i]!;
    if (logit > highest) {
      highest = logit;
      best = i;
    } else if (Number.isNaN(logit)) return -1;
  }
  return best;
}

/**
 * The next token under `softmax(logits / temperature)` cut to `topK`, then to `topP`, in the order of transformers' logits processors.
 * Takes one number of `random`, none if greedy.
 * @param logits f32 [V], finite.
 */
export function sampleToken(logits: Float32Array, options: SamplingOptions, random: Random): number {
  const { temperature = 0, topK, topP = 1 } = options;
  const best = argMax(logits);
  if (isGreedy(options)) return best;
  const weights = Float64Array.from(logits, (logit) => Math.exp((logit - logits[best]!) / temperature));
  const isCut = (topK !== undefined && topK < logits.length) || topP < 1;
  const eligible = isCut ? likeliest(logits, weights, topK ?? logits.length, topP) : weights.keys();
  const candidates = [...eligible];
  let left = random.uniform() * candidates.reduce((sum, token) => sum + weights[token]!, 0);
  for (const token of candidates) {
    left -= weights[token]!;
    if (left < 0) return token;
  }
  // Rounding can leave a sliver behind the last token.
  return candidates.at(-1)!;
}

/** Tokens in falling order of logit, equal ones by index: at most `topK`, then only as many as reach the share `topP` of those. */
function likeliest(logits: Float32Array, weights: Float64Array, topK: number, topP: number): number[] {
  const kept = [...logits.keys()].sort((a, b) => logits[b]! - logits[a]! || a - b).slice(0, topK);
  const total = kept.reduce((sum, token) => sum + weights[token]!, 0);
  let covered = 0;
  const count = kept.findIndex((token) => {
    covered += weights[token]!;
    return covered >= topP * total;
  });
  return count < 0 ? kept : kept.slice(0, count + 1);
}

function outOfRange(field: string, value: number, expected: string): ConfigError {
  return new ConfigError(`expected ${expected}, got ${value}`, { where: `generate.${field}` });
}
