import { z } from 'zod';

const count = z.int().min(1);
const rate = z.number().gt(0);

/** Options of SEAL; where the paper's code has a value for Llama-3, it is the default, but for what suits small models (learning rate and LoRA of the model, batch). */
export const sealConfig = z.strictObject({
  epochs: count.default(3),
  /** Rows of the safe and of the pool batch of a step, each. */
  trainBatchSize: count.default(16),
  /**
   * How long an epoch is: `pool` = every pool row once, with the safe rows reshuffled as often as they run out; `shorter` = until one of
   * the two runs out, as in the reference code, whose two sets are of one size.
   */
  epochLength: z.enum(['pool', 'shorter']).default('pool'),
  /** Share u of the safe loss in the model's loss: in the first epoch, and what it loses with each further one. */
  upperWeight: z.number().min(0).max(1).default(1),
  upperWeightDecay: z.number().min(0).max(1).default(0.03),
  /** How a logit becomes a weight: N softmax(w), of mean 1, or 2 sigmoid(w). */
  weights: z.enum(['softmax', 'sigmoid']).default('softmax'),
  selectorLearningRate: rate.default(5e-3),
  loraRank: count.default(8),
  loraAlpha: rate.default(16),
  /** The paper trains models of 8 B parameters with 1e-5. */
  learningRate: rate.default(1e-3),
});

export type SealConfig = z.infer<typeof sealConfig>;
