import type { MemoryEstimate, WorkSizes } from './estimate-memory.ts';

/**
 * What to do about a run that needs more than `memoryBytes`, in a sentence; undefined if it fits. Where the weights alone are too much, a smaller
 * batch is no help and is not offered.
 * @param batchOption the option that sets the rows of a step.
 */
export function whatWouldFit(
  { totalBytes, activationBytes, isWide }: Omit<MemoryEstimate, 'config'>,
  { batchSize, maxLength }: WorkSizes,
  { memoryBytes, batchOption }: { memoryBytes: number; batchOption: string },
): string | undefined {
  if (totalBytes <= memoryBytes) return undefined;
  const left = memoryBytes - (totalBytes - activationBytes);
  const rows = Math.floor((batchSize * left) / activationBytes);
  if (rows >= 1) return `${batchOption} ${rows} would fit`;
  const length = Math.floor((maxLength * batchSize * left) / activationBytes);
  if (length >= MIN_LENGTH) return `${batchOption} 1 with --max-length ${length} would fit`;
  const smaller = isWide ? 'the same model saved in bfloat16, which takes half, a smaller model' : 'a smaller model';
  return `its weights leave no room for a row: use ${smaller}, a machine with more memory, or an accelerator (--engine pjrt)`;
}

/** Rows shorter than this are no use. */
const MIN_LENGTH = 32;
