import { ConfigError } from '@pharmacist/core';
import { estimateMemory, type ModelWork, type WorkSizes } from '../doctor/estimate-memory.ts';
import { machineMemory } from '../doctor/machine-memory.ts';
import type { TrainingSettings } from '../train/settings.ts';
import { whatWouldFit } from '../doctor/what-would-fit.ts';

/** What a stage will do with its model at its dearest. */
export interface AskedWork extends WorkSizes {
  /** Undefined: it reads no row with it. */
  readonly work: ModelWork | undefined;
  /** Option that sets the rows of a step. */
  readonly batchOption: string;
}

/** Of a training with these settings. */
export function trainingWork({ batchSize, lora }: TrainingSettings, maxLength: number): AskedWork {
  return { work: 'training', batchSize, maxLength, loraRank: lora.rank, batchOption: '--train-batch-size' };
}

const WEIGHTS_ALONE: AskedWork = { work: undefined, batchSize: 1, maxLength: 1, loraRank: 1, batchOption: '--batch-size' };

/** Below so many tokens times layers times width a step cannot matter, and is not traced: its values are some twenty vectors a token and layer. */
const SMALL_SHARE = 0.25;
const VECTORS_PER_LAYER = 60;

/**
 * @param model as the user named it. @param memoryBytes what a process may take.
 * @throws {ConfigError} if the run needs more memory than there is, with what would fit.
 */
export async function checkMemory(
  modelDir: string,
  asked: AskedWork = WEIGHTS_ALONE,
  { model, memoryBytes = machineMemory() }: { model: string; memoryBytes?: number },
): Promise<void> {
  const weights = await estimateMemory(modelDir, undefined, asked);
  const { batchSize, maxLength, work } = asked;
  const { numLayers, hiddenSize, intermediateSize } = weights.config;
  const width = Math.max(hiddenSize, intermediateSize, maxLength);
  const roughBytes = 4 * batchSize * maxLength * numLayers * width * VECTORS_PER_LAYER;
  const isSmall = weights.totalBytes + roughBytes < SMALL_SHARE * memoryBytes;
  const estimate =
    work === undefined || isSmall || weights.totalBytes > memoryBytes ? weights : await estimateMemory(modelDir, work, asked);
  const advice = whatWouldFit(estimate, asked, { memoryBytes, batchOption: asked.batchOption });
  if (advice === undefined) return;
  const gigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(1)} GB`;
  throw new ConfigError(
    `needs about ${gigabytes(estimate.totalBytes)} of memory, ${gigabytes(estimate.weightBytes)} of them weights, and this machine has ${gigabytes(memoryBytes)}`,
    { where: model, hint: `${advice}; --allow-little-memory begins all the same` },
  );
}
