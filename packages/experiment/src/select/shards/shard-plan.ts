import { hashOfValue } from '@pharmacist/core';

/** A range of the batches of a pass. */
export interface Shard {
  readonly number: number;
  readonly from: number;
  readonly to: number;
}

/** Shards for each process, so that one that is slower or lost delays little. */
const SHARDS_A_PROCESS = 4;
const ASSUMED_PROCESSES = 8;
/** Batches below which a process of its own costs more than it saves. */
const LEAST_BATCHES = 16;

/**
 * Ranges of a pass's batches, as they are planned over all rows: what is computed of a row depends in its last bits on the batch it is in, and so it is
 * the same whoever computes it.
 * @param size batches of a shard; `auto` takes four shards a process, of 16 batches or more.
 */
export function planShards(
  { from, numBatches }: { from: number; numBatches: number },
  { size, parallel = ASSUMED_PROCESSES }: { size: number | 'auto'; parallel?: number | undefined },
): Shard[] {
  const batches = size === 'auto' ? Math.max(LEAST_BATCHES, Math.ceil((numBatches - from) / (SHARDS_A_PROCESS * parallel))) : size;
  const shards: Shard[] = [];
  for (let start = from; start < numBatches; start += batches)
    shards.push({ number: shards.length, from: start, to: Math.min(numBatches, start + batches) });
  return shards;
}

/** Rows below which a process of its own costs more than reading their texts, and of which a file of texts or of findings is some tens of megabytes. */
const [LEAST_ROWS, MOST_ROWS] = [5000, 50_000];

/** Ranges of rows whose texts are read. @param size rows of a shard; `auto` takes four shards a process, of 5,000 to 50,000. */
export function planTexts(
  numRows: number,
  { size, parallel = ASSUMED_PROCESSES }: { size: number | 'auto'; parallel?: number | undefined },
): Shard[] {
  const rows = size === 'auto' ? Math.min(MOST_ROWS, Math.max(LEAST_ROWS, Math.ceil(numRows / (SHARDS_A_PROCESS * parallel)))) : size;
  return planShards({ from: 0, numBatches: numRows }, { size: rows });
}

/** What names a plan and all its files: of all that decides what is in them. Files of another plan are not taken. */
export function planId(decides: {
  /** What the run is made of, and in which versions. */
  readonly run: unknown;
  readonly versions: Readonly<Record<string, string>>;
  readonly pass: string;
  /** Hash of what is said of the pass: map, parameters, model, batch size. */
  readonly passHash: string;
  /** Hashes of the rows of each shard. */
  readonly rowHashes: readonly string[];
}): string {
  return hashOfValue(decides);
}
