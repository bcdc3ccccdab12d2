import { hashOfValue } from '@pharmacist/core';

/** A range of the batches of a pass. */
export interface Shard {
  readonly number: number;
  readonly from: number;
  readonly to: number;
}

/** Shards for each process, so that one that is slower or lost delays little; fewer where they would be short. */
const SHARDS_A_PROCESS = 4;
const ASSUMED_PROCESSES = 8;
/** Batches below which a process of its own costs more than it saves. */
const LEAST_BATCHES = 16;
/** Operations with floats of a shard that is not short: some twenty seconds of a processor, where a process takes one and a half to start. */
const LONG_SHARD = 1e12;
/** The same of texts, in rows; and of which a file of texts or of findings is some tens of megabytes, a hundred at the most. */
const [LEAST_ROWS, LONG_ROWS, MOST_ROWS] = [3000, 20_000, 100_000];

/**
 * Ranges of a pass's batches, as they are planned over all rows: what is computed of a row depends in its last bits on the batch it is in, and so it is
 * the same whoever computes it.
 * @param size batches of a shard; `auto` takes up to four shards a process, of 16 batches or more. @param batchCost operations of a batch, about.
 */
export function planShards(
  { from, numBatches }: { from: number; numBatches: number },
  { size, parallel, batchCost = LONG_SHARD }: { size: number | 'auto'; parallel?: number | undefined; batchCost?: number },
): Shard[] {
  const left = numBatches - from;
  return ranges(
    from,
    numBatches,
    size === 'auto' ? sizeOf(left, { parallel, fewest: 2, least: LEAST_BATCHES, long: LONG_SHARD / batchCost }) : size,
  );
}

/** Ranges of rows whose texts are read. @param size rows of a shard; `auto` takes up to four shards a process, of 3,000 to 100,000. */
export function planTexts(numRows: number, { size, parallel }: { size: number | 'auto'; parallel?: number | undefined }): Shard[] {
  const rows = size === 'auto' ? Math.min(MOST_ROWS, sizeOf(numRows, { parallel, fewest: 1, least: LEAST_ROWS, long: LONG_ROWS })) : size;
  return ranges(0, numRows, rows);
}

/** Size of parts of which there are as many for each process: four if that leaves them long, else fewer, and none that is smaller than `least`. Of rows in the order of their lengths two are the fewest. */
function sizeOf(
  count: number,
  { parallel = ASSUMED_PROCESSES, fewest, least, long }: { parallel?: number | undefined; fewest: number; least: number; long: number },
): number {
  const aProcess = Math.min(SHARDS_A_PROCESS, Math.max(fewest, Math.floor(count / long / parallel)));
  return Math.max(least, Math.ceil(count / (aProcess * parallel)));
}

function ranges(from: number, end: number, size: number): Shard[] {
  const shards: Shard[] = [];
  for (let start = from; start < end; start += size) shards.push({ number: shards.length, from: start, to: Math.min(end, start + size) });
  return shards;
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
