import type { MemoryEstimate, WorkSizes } from './estimate-memory.ts';

/** How a user says what may help. */
export interface MemoryNames {
  /** The setting of the longest row, as errors name it. */
  readonly lengthSetting: string;
  readonly length: string;
  /** The setting of the threads, as errors name it. */
  readonly threadsSetting: string;
  readonly recompute: string;
  readonly allow: string;
}

export const OPTION_NAMES: MemoryNames = {
  lengthSetting: '--max-length',
  length: '--max-length',
  threadsSetting: '--threads',
  recompute: '--recompute auto',
  allow: '--allow-little-memory',
};
/** In the configuration of a run. */
export const CONFIG_NAMES: MemoryNames = {
  lengthSetting: 'maxLength',
  length: 'maxLength:',
  threadsSetting: 'threads',
  recompute: '`recompute: auto`',
  allow: '`allowLittleMemory: true`',
};

/**
 * What to do about a run that needs more than `memoryBytes`, in a sentence; undefined if it fits. Where the weights alone are too much, a smaller
 * batch is no help and is not offered.
 * @param batchOption the option that sets the rows of a step. @param otherBytes what the run needs with its values made again, where it keeps them.
 */
export function whatWouldFit(
  { totalBytes, activationBytes, isWide }: Omit<MemoryEstimate, 'config'>,
  { batchSize, maxLength }: WorkSizes,
  {
    memoryBytes,
    batchOption,
    otherBytes = Infinity,
    names = OPTION_NAMES,
  }: { memoryBytes: number; batchOption: string; otherBytes?: number | undefined; names?: MemoryNames },
): string | undefined {
  if (totalBytes <= memoryBytes) return undefined;
  if (otherBytes <= memoryBytes) return `${names.recompute} would fit`;
  const left = memoryBytes - (totalBytes - activationBytes);
  const rows = Math.floor((batchSize * left) / activationBytes);
  if (rows >= 1) return `${batchOption} ${rows} would fit`;
  const length = Math.floor((maxLength * batchSize * left) / activationBytes);
  if (length >= MIN_LENGTH) return `${batchOption} 1 with ${names.length} ${length} would fit`;
  const smaller = isWide ? 'the same model saved in bfloat16, which takes half, a smaller model' : 'a smaller model';
  return `its weights leave no room for a row: use ${smaller}, a machine with more memory, or an accelerator (--engine pjrt)`;
}

/** Rows shorter than this are no use. */
const MIN_LENGTH = 32;
