import { setImmediate } from 'node:timers/promises';
import { type Random, sha256, throwIfAborted } from '@pharmacist/core';

export interface MiddleOptions {
  readonly clusters: number;
  readonly rowsPerCluster: number;
  readonly random: Random;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Rows of middling loss from every cluster of states: of each cluster those between the 25th and the 75th percentile of its losses, evenly
 * spread over their order, all rows of a cluster smaller than `rowsPerCluster`. As in IFD's code, which compares perplexities: they order
 * alike, and a percentile between two values divides the same rows.
 * @param states one a row, of equal length. @returns indices in ascending order. @throws {InterruptedError} between two rounds of the clustering.
 */
export async function middleOfClusters(states: readonly Float32Array[], losses: Float64Array, options: MiddleOptions): Promise<number[]> {
  const { clusters, rowsPerCluster, random, signal } = options;
  // ml-kmeans (MIT, kept by the mljs group, no native part) brings Lloyd's algorithm with k-means++ seeding, and 250 files: only this method loads them.
  const { kmeansGenerator } = await import('ml-kmeans');
  const points = states.map((state) => [...state]);
  // The seeding cannot draw more centres than there are different points.
  const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array) => new Uint8Array(buffer, byteOffset, byteLength);
  const count = Math.min(clusters, new Set(states.map((state) => sha256(bytesOf(state)))).size);
  let labels: readonly number[] = [];
  for (const round of kmeansGenerator(points, count, { seed: random.integer(2 ** 31) })) {
    labels = round.clusters;
    await setImmediate();
    throwIfAborted(signal);
  }
  const members = Array.from({ length: count }, (): number[] => []);
  labels.forEach((label, i) => members[label]!.push(i));
  return members.flatMap((rows) => middle(rows, losses, rowsPerCluster)).sort((i, j) => i - j);
}

function middle(rows: readonly number[], losses: Float64Array, count: number): number[] {
  if (rows.length < count) return [...rows];
  const sorted = rows.map((i) => losses[i]!).sort((a, b) => a - b);
  const [low, high] = [percentile(sorted, 0.25), percentile(sorted, 0.75)];
  const between = rows.filter((i) => losses[i]! >= low && losses[i]! <= high);
  const stride = Math.max(1, Math.floor(between.length / count));
  return between.filter((_, place) => place % stride === 0).slice(0, count);
}

/** Interpolated linearly between the two nearest values, as NumPy does. */
function percentile(sorted: readonly number[], share: number): number {
  const place = share * (sorted.length - 1);
  const below = sorted[Math.floor(place)]!;
  return below + (place % 1) * (sorted[Math.ceil(place)]! - below);
}
