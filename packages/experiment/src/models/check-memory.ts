import { ConfigError } from '@pharmacist/core';
import { checkLength, checkRank, mostTokens, readModelConfig } from '@pharmacist/language-model';
import type { ModelWork } from '@pharmacist/selector';
import { estimateMemory, type MemoryEstimate, type WorkSizes } from '../doctor/estimate-memory.ts';
import { gigabytes } from '../doctor/gigabytes.ts';
import { machineMemory } from '../doctor/machine-memory.ts';
import type { RecomputeChoice } from '../every-stage/options.ts';
import type { TrainingSettings } from '../train/settings.ts';
import { type MemoryNames, OPTION_NAMES, whatWouldFit } from '../doctor/what-would-fit.ts';

/** What a stage will do with its model at its dearest. */
export interface AskedWork extends Omit<WorkSizes, 'recomputes'> {
  /** Undefined: it reads no row with it. */
  readonly work: ModelWork | undefined;
  /** Option that sets the rows of a step. */
  readonly batchOption: string;
}

/** Of a training with these settings. */
export function trainingWork(
  { batchSize, lora }: Pick<TrainingSettings, 'batchSize' | 'lora'>,
  maxLength: number,
  { batchOption = '--train-batch-size', stepProgram }: Partial<Pick<AskedWork, 'batchOption' | 'stepProgram'>> = {},
): AskedWork {
  return { work: 'training', batchSize, maxLength, loraRank: lora.rank, batchOption, stepProgram };
}

const WEIGHTS_ALONE: AskedWork = { work: undefined, batchSize: 1, maxLength: 1, batchOption: '--batch-size' };

/** Below so many tokens times layers times width a step cannot matter, and is not traced: its values are some twenty vectors a token and layer. */
const SMALL_SHARE = 0.25;
const VECTORS_PER_LAYER = 60;

export interface CheckMemoryOptions {
  /** As the user named it. */
  readonly model: string;
  readonly recompute?: RecomputeChoice | undefined;
  /** What a process may take. */
  readonly memoryBytes?: number;
  /** Nothing is refused. */
  readonly allowsLittle?: boolean | undefined;
  readonly names?: MemoryNames;
}

/** How a run goes about its memory. */
export interface MemoryPlan {
  /** Whether backward passes make the values of a block again instead of keeping them. */
  readonly recomputes: boolean;
  /** Why, where it was not asked for: a sentence. */
  readonly reason?: string;
}

/**
 * Whether the values of blocks must be made again for everything that a run does to fit.
 * @throws {ConfigError} if rows are longer than the model can hold, a LoRA has more ranks than its matrices, or something needs more memory than there is even so, with what would fit.
 */
export async function checkMemory(modelDir: string, asked: readonly AskedWork[], options: CheckMemoryOptions): Promise<MemoryPlan> {
  const { model, names = OPTION_NAMES } = options;
  const config = await readModelConfig(modelDir);
  const limit = { model, mostTokens: mostTokens(config), where: names.lengthSetting };
  const plans: MemoryPlan[] = [];
  // First: what a model cannot hold at all is no question of memory, and its program takes as long to trace as it is long.
  for (const { maxLength, loraRank } of asked) {
    checkLength(maxLength, limit);
    if (loraRank !== undefined) checkRank(loraRank, config);
  }
  for (const work of asked.length === 0 ? [WEIGHTS_ALONE] : asked) plans.push(await planOf(modelDir, work, options));
  return plans.find(({ recomputes }) => recomputes) ?? { recomputes: false };
}

async function planOf(
  modelDir: string,
  asked: AskedWork,
  { model, recompute = 'auto', memoryBytes = machineMemory(), allowsLittle = false, names = OPTION_NAMES }: CheckMemoryOptions,
): Promise<MemoryPlan> {
  const { batchSize, maxLength, work, batchOption } = asked;
  const weights = await estimateMemory(modelDir, undefined, asked);
  const { numLayers, hiddenSize, intermediateSize } = weights.config;
  const width = Math.max(hiddenSize, intermediateSize, maxLength);
  const roughBytes = 4 * batchSize * maxLength * numLayers * width * VECTORS_PER_LAYER;
  const isSmall = weights.totalBytes + roughBytes < SMALL_SHARE * memoryBytes;
  const hasGradients = work === 'training' || work === 'influences';
  const estimateOf = async (recomputes: boolean) =>
    work === undefined || isSmall || weights.totalBytes > memoryBytes
      ? weights
      : await estimateMemory(modelDir, work, { ...asked, recomputes });
  const kept = recompute === 'on' && hasGradients ? undefined : await estimateOf(false);
  if (kept !== undefined && kept.totalBytes <= memoryBytes) return { recomputes: false };
  const again = hasGradients ? await estimateOf(true) : undefined;
  if (recompute !== 'off' && again !== undefined) {
    if (recompute === 'on' && (again.totalBytes <= memoryBytes || allowsLittle)) return { recomputes: true };
    if (again.totalBytes <= memoryBytes || allowsLittle) return { recomputes: true, reason: reasonOf(kept!, again, memoryBytes) };
  }
  if (allowsLittle) return { recomputes: false };
  const estimate = recompute === 'off' || again === undefined ? kept! : again;
  const otherBytes = estimate === kept ? again?.totalBytes : undefined;
  const advice = whatWouldFit(estimate, asked, { memoryBytes, batchOption, otherBytes, names });
  const even = estimate === again && estimate !== weights ? ' even if activations are made again' : '';
  throw new ConfigError(
    `needs about ${gigabytes(estimate.totalBytes)} of memory${even}, ${gigabytes(estimate.weightBytes)} of them weights, and this machine has ${gigabytes(memoryBytes)}`,
    { where: model, hint: `${advice}; ${names.allow} begins all the same` },
  );
}

function reasonOf(kept: MemoryEstimate, again: MemoryEstimate, memoryBytes: number): string {
  return `activations are made again in backward passes (recompute: auto): about ${gigabytes(again.totalBytes)} of memory instead of ${gigabytes(kept.totalBytes)}, of the ${gigabytes(memoryBytes)} of this machine`;
}
