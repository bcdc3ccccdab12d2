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
const [LEAST_ROWS, LONG_ROWS] = [15_000, 100_000];

/**
 * Ranges of a pass's batches, as they are planned over all rows: what is computed of a row depends in its last bits on the batch it is in, and so it is
 * the same whoever computes it. Ranges take equally long, about: batches of long rows cost many times what those of short ones do.
 * @param costs operations of each batch of the pass, about. @param from the first batch that is to be read.
 * @param size batches of a shard; `auto` takes two to four shards a process, of 16 batches or more on average.
 */
export function planShards(
  costs: readonly number[],
  { from, size, parallel = ASSUMED_PROCESSES }: { from: number; size: number | 'auto'; parallel?: number | undefined },
): Shard[] {
  if (size !== 'auto') return ranges(from, costs.length, size);
  const left = costs.slice(from);
  const total = left.reduce((sum, cost) => sum + cost, 0);
  const count = Math.min(numParts(total / LONG_SHARD, { parallel, fewest: 2 }), Math.max(1, Math.floor(left.length / LEAST_BATCHES)));
  const shards: Shard[] = [];
  let [start, done] = [from, 0];
  left.forEach((cost, i) => {
    done += cost;
    const end = from + i + 1;
    if (end < costs.length && done * count < total * (shards.length + 1)) return;
    shards.push({ number: shards.length, from: start, to: end });
    start = end;
  });
  return shards;
}

/** Ranges of rows whose texts are read. @param size rows of a shard; `auto` takes up to four shards a process, of 15,000 to 100,000. */
export function planTexts(
  numRows: number,
  { size, parallel = ASSUMED_PROCESSES }: { size: number | 'auto'; parallel?: number | undefined },
): Shard[] {
  const part = Math.ceil(numRows / numParts(numRows / LONG_ROWS, { parallel, fewest: 1 }));
  return ranges(0, numRows, size === 'auto' ? Math.min(LONG_ROWS, Math.max(LEAST_ROWS, part)) : size);
}

/** As many parts for each process: four if that leaves them long, else fewer. @param numLong long parts that there would be. */
function numParts(numLong: number, { parallel, fewest }: { parallel: number; fewest: number }): number {
  return parallel * Math.min(SHARDS_A_PROCESS, Math.max(fewest, Math.floor(numLong / parallel)));
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
