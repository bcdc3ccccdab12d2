import { hashOfValue, type Random } from '@pharmacist/core';
import {
  adapterParameters,
  batchSequence,
  type LoraAdapter,
  type StepRecord,
  tokenMeanWeights,
  type TokenizedRow,
  train,
  type TrainOptions,
} from '@pharmacist/language-model';
import type { AdamWState } from '@pharmacist/tensor-kernels';
import type { FitWork, SelectionContext } from '../selector.ts';

export interface ShortRunOptions extends Pick<TrainOptions, 'schedule' | 'warmupRatio' | 'optimizer'> {
  readonly adapter: LoraAdapter;
  /** Rows with targets. */
  readonly rows: readonly TokenizedRow[];
  readonly numSteps: number;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly name: string;
  readonly phase: string;
  readonly random: Random;
  /** Called after each step has been made, with the number of steps made and the optimiser's own state (copy what is kept). */
  afterStep?(numSteps: number, optimizer: AdamWState): Promise<void>;
  /** Whether training may go on from a checkpoint after this many steps; false starts it again. */
  canContinue?(numSteps: number): Promise<boolean>;
}

const CHECKPOINT_STEPS = 20;

/** What a short run has the model do, where these options set its steps. */
export function shortRunWork({ loraRank, trainBatchSize }: { readonly loraRank: number; readonly trainBatchSize: number }): FitWork {
  return { work: 'training', loraRank, batchSize: trainBatchSize, batchOption: 'trainBatchSize' };
}

/**
 * A short supervised run on the pool or on the harmful rows: the lower level of the bilevel problem, the toxic LoRA, a warm-up.
 * @returns the records of all steps.
 */
export async function trainShortRun(context: SelectionContext, options: ShortRunOptions): Promise<StepRecord[]> {
  const { adapter, rows, numSteps, batchSize, learningRate, schedule, warmupRatio, optimizer, name, phase, random } = options;
  const { model, maxLength } = context;
  const padId = model.tokenizer.padId;
  const batchOf = batchSequence(rows, { batchSize, seed: random.split('epochs').integer(2 ** 31), maxLength, padId });
  return await train({
    parameters: adapterParameters(adapter),
    numSteps,
    learningRate,
    ...(schedule && { schedule }),
    ...(warmupRatio !== undefined && { warmupRatio }),
    ...(optimizer && { optimizer }),
    gradient: async (step) => {
      const { batch, indices } = batchOf(step);
      context.count('forward', 1, indices.length);
      context.count('backward', 1, indices.length);
      const { loss, gradients } = await model.gradient(batch, adapter, tokenMeanWeights(batch));
      return { loss, gradients, rows: indices };
    },
    onStep: async ({ step }, state) => await options.afterStep?.(step + 1, state),
    checkpoint: {
      load: async () => {
        const saved = await context.state.load(name);
        if (saved === undefined || options.canContinue === undefined) return saved;
        return (await options.canContinue((saved.meta['records'] as StepRecord[]).length)) ? saved : undefined;
      },
      save: async (state) => await context.state.save(name, state),
      everySteps: CHECKPOINT_STEPS,
      fingerprint: hashOfValue({ name, numSteps, batchSize, learningRate, schedule, warmupRatio, optimizer, model: model.contentHash }),
    },
    phase,
    reporter: context.reporter,
    ...(context.signal && { signal: context.signal }),
  });
}
