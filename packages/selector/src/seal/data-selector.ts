import { AdamW, clipByGlobalNorm } from '@pharmacist/tensor-kernels';
import type { MethodState } from '@pharmacist/language-model';
import type { SealConfig } from './config.ts';

const INITIAL_LOGIT = { softmax: 0.1, sigmoid: -1e-4 } as const;
const MAX_GRADIENT_NORM = 10;
const NAME = 'logits';

type Mode = SealConfig['weights'];

/** Weights p of N logits, f64 [N]: N softmax(w), which sum to N, or 2 sigmoid(w). Plain loops: a step takes all N logits, and `from` is ten times slower. */
export function rowWeights(logits: Float32Array, mode: Mode): Float64Array {
  const { length } = logits;
  const weights = new Float64Array(length);
  if (mode === 'sigmoid') {
    for (let i = 0; i < length; i++) weights[i] = 2 / (1 + Math.exp(-logits[i]!));
    return weights;
  }
  let largest = -Infinity;
  for (let i = 0; i < length; i++) largest = Math.max(largest, logits[i]!);
  let total = 0;
  for (let i = 0; i < length; i++) total += weights[i] = Math.exp(logits[i]! - largest);
  for (let i = 0; i < length; i++) weights[i] = (length * weights[i]!) / total;
  return weights;
}

/**
 * The selector's loss on a batch and its gradient by all N logits, f64 [N]; B rows, losses l_i held constant.
 *   loss = 1/B sum p_i l_i
 *   softmax: d/dw_j = (p_j [j in batch] l_j - softmax_j sum_i p_i l_i) / B;   sigmoid: d/dw_j = p_j (1 - p_j / 2) [j in batch] l_j / B
 * @param p the weights of the logits, if they are known.
 */
export function selectorGradient(
  logits: Float32Array,
  mode: Mode,
  indices: readonly number[],
  losses: Float64Array,
  p = rowWeights(logits, mode),
): { loss: number; gradient: Float64Array } {
  const { length } = logits;
  const loss = indices.reduce((sum, row, b) => sum + p[row]! * losses[b]!, 0) / indices.length;
  const gradient = new Float64Array(length);
  if (mode === 'softmax') for (let i = 0; i < length; i++) gradient[i] = -(p[i]! / length) * loss;
  indices.forEach((row, b) => {
    const slope = mode === 'softmax' ? p[row]! : p[row]! * (1 - p[row]! / 2);
    gradient[row]! += (slope * losses[b]!) / indices.length;
  });
  return { loss, gradient };
}

/**
 * SEAL's selector: one logit a row and its own Adam, dense as in the reference: logits of rows outside the batch move too, because Adam
 * brings their tiny gradients to full steps. Keeps the mean loss each row had when it was last seen.
 */
export class DataSelector implements MethodState {
  readonly logits: Float32Array;
  /** f64 [N], NaN for rows not seen yet. */
  readonly lastLosses: Float64Array;
  readonly #mode: Mode;
  readonly #learningRate: number;
  readonly #optimizer = new AdamW({ beta1: 0.9, beta2: 0.95, weightDecay: 0 });
  /** Of the logits as they are: a step asks for them twice. */
  #weights: Float64Array | undefined;

  constructor(numRows: number, { weights, selectorLearningRate }: Pick<SealConfig, 'weights' | 'selectorLearningRate'>) {
    this.logits = new Float32Array(numRows).fill(INITIAL_LOGIT[weights]);
    this.lastLosses = new Float64Array(numRows).fill(NaN);
    this.#mode = weights;
    this.#learningRate = selectorLearningRate;
  }

  weights(): Float64Array {
    return (this.#weights ??= rowWeights(this.logits, this.#mode));
  }

  /** One Adam step on the losses of a batch of distinct rows. @returns the selector's loss before it. */
  update(indices: readonly number[], losses: Float64Array): number {
    const { loss, gradient } = selectorGradient(this.logits, this.#mode, indices, losses, this.weights());
    const gradients = new Map([[NAME, new Float32Array(gradient)]]);
    clipByGlobalNorm(gradients, MAX_GRADIENT_NORM);
    this.#optimizer.update(new Map([[NAME, this.logits]]), gradients, this.#learningRate);
    this.#weights = undefined;
    indices.forEach((row, b) => (this.lastLosses[row] = losses[b]!));
    return loss;
  }

  /** Arrays as base64 of their bytes: exact, NaN included, and short in JSON. */
  save(): Record<string, string | number> {
    const { firstMoments, secondMoments, numUpdates } = this.#optimizer.state;
    return {
      numUpdates: numUpdates.get(NAME) ?? 0,
      logits: encoded(this.logits),
      lastLosses: encoded(this.lastLosses),
      firstMoments: encoded(firstMoments.get(NAME) ?? new Float32Array(this.logits.length)),
      secondMoments: encoded(secondMoments.get(NAME) ?? new Float32Array(this.logits.length)),
    };
  }

  restore(value: unknown): void {
    const saved = value as ReturnType<DataSelector['save']>;
    const floats = (key: string) => new Float32Array(decoded(saved[key] as string));
    this.logits.set(floats('logits'));
    this.#weights = undefined;
    this.lastLosses.set(new Float64Array(decoded(saved['lastLosses'] as string)));
    const { firstMoments, secondMoments, numUpdates } = this.#optimizer.state;
    firstMoments.set(NAME, floats('firstMoments'));
    secondMoments.set(NAME, floats('secondMoments'));
    numUpdates.set(NAME, saved['numUpdates'] as number);
  }
}

function encoded({ buffer, byteOffset, byteLength }: Float32Array | Float64Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString('base64');
}

/** In a buffer of its own: Node's small buffers share one, at offsets that a Float64Array may not start from. */
function decoded(text: string): ArrayBuffer {
  return Uint8Array.from(Buffer.from(text, 'base64')).buffer;
}
