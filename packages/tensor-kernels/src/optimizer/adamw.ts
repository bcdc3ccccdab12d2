import { ShapeError } from '@pharmacist/core';

/** Named trained arrays; all methods of an optimiser change them in place. */
export type ParameterMap = ReadonlyMap<string, Float32Array>;

/** What is left out is `ADAMW_DEFAULTS`. */
export interface AdamWOptions {
  beta1?: number;
  beta2?: number;
  epsilon?: number;
  /** Decoupled: each step multiplies a parameter by 1 - learningRate * weightDecay. */
  weightDecay?: number;
}

/**
 * The optimiser of the training scripts of Vaccine, T-Vaccine and Booster, at alignment and at fine-tuning: torch's betas and epsilon, and a weight decay of .1
 * on every factor, where torch's own is .01.
 */
export const ADAMW_DEFAULTS: Readonly<Required<AdamWOptions>> = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.1 };

/** First and second moments by parameter name, and how often each parameter was updated. */
export interface AdamWState {
  readonly firstMoments: Map<string, Float32Array>;
  readonly secondMoments: Map<string, Float32Array>;
  readonly numUpdates: Map<string, number>;
}

/**
 * Adam with decoupled weight decay (Loshchilov & Hutter 2019, algorithm 2) in the arithmetic of torch.optim.AdamW:
 *   p *= 1 - lr wd;  m = b1 m + (1 - b1) g;  v = b2 v + (1 - b2) g^2;  p -= lr / (1 - b1^t) * m / (sqrt(v) / sqrt(1 - b2^t) + eps)
 * A parameter without a gradient is skipped: no decay, no moment update. State is f32, arithmetic f64.
 */
export class AdamW {
  readonly state: AdamWState = { firstMoments: new Map(), secondMoments: new Map(), numUpdates: new Map() };
  readonly #options: Required<AdamWOptions>;

  constructor(options: AdamWOptions = {}) {
    this.#options = { ...ADAMW_DEFAULTS, ...options };
  }

  /** @param gradients by the names of `parameters`; missing ones are skipped. @throws {ShapeError} if a length differs or a name is unknown. */
  update(parameters: ParameterMap, gradients: ParameterMap, learningRate: number): void {
    for (const [name, gradient] of gradients) {
      const parameter = parameters.get(name);
      if (parameter === undefined || parameter.length !== gradient.length) {
        throw new ShapeError(
          `gradient of ${gradient.length} elements for the parameter "${name}" of ${parameter?.length ?? 'no'} elements`,
        );
      }
      this.#updateOne(name, parameter, gradient, learningRate);
    }
  }

  #updateOne(name: string, parameter: Float32Array, gradient: Float32Array, learningRate: number): void {
    const { beta1, beta2, epsilon, weightDecay } = this.#options;
    const m = momentOf(this.state.firstMoments, name, parameter.length);
    const v = momentOf(this.state.secondMoments, name, parameter.length);
    const t = (this.state.numUpdates.get(name) ?? 0) + 1;
    this.state.numUpdates.set(name, t);
    const stepSize = learningRate / (1 - beta1 ** t);
    const correction = Math.sqrt(1 - beta2 ** t);
    const decay = 1 - learningRate * weightDecay;
    for (let i = 0; i < parameter.length; i++) {
      const g = gradient[i]!;
      const mi = beta1 * m[i]! + (1 - beta1) * g;
      const vi = beta2 * v[i]! + (1 - beta2) * g * g;
      m[i] = mi;
      v[i] = vi;
      parameter[i] = parameter[i]! * decay - (stepSize * mi) / (Math.sqrt(vi) / correction + epsilon);
    }
  }
}

function momentOf(moments: Map<string, Float32Array>, name: string, length: number): Float32Array {
  let moment = moments.get(name);
  if (moment === undefined) {
    moment = new Float32Array(length);
    moments.set(name, moment);
  }
  return moment;
}
