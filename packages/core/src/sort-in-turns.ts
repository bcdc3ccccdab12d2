import { slices, type SliceOptions } from './slices.ts';

/** Numbers sorted at once: some tens of milliseconds. */
const RUN = 1 << 15;

/**
 * The whole numbers from 0 to `count` in the order of `compare`, as a stable sort gives it; a million take seconds, in which the event loop runs
 * between two parts of the work. Memory: 8 bytes a number, 4 of them afterwards.
 * @returns i32 [count]. @throws {InterruptedError}
 */
export async function sortInTurns(
  count: number,
  compare: (a: number, b: number) => number,
  { size = RUN, signal }: SliceOptions = {},
): Promise<Int32Array> {
  let sorted = new Int32Array(count);
  for await (const [start, end] of slices(count, { size, signal })) {
    for (let place = start; place < end; place++) sorted[place] = place;
    sorted.subarray(start, end).sort(compare);
  }
  let merged = new Int32Array(count > size ? count : 0);
  for (let width = size; width < count; width *= 2) {
    for (let start = 0; start < count; start += 2 * width) {
      const middle = Math.min(start + width, count);
      const end = Math.min(start + 2 * width, count);
      let [left, right] = [start, middle];
      for await (const [from, to] of slices(end - start, { size, signal })) {
        for (let place = start + from; place < start + to; place++) {
          const isLeft = right >= end || (left < middle && compare(sorted[left]!, sorted[right]!) <= 0);
          merged[place] = sorted[isLeft ? left++ : right++]!;
        }
      }
    }
    [sorted, merged] = [merged, sorted];
  }
  return sorted;
}
