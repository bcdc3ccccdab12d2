import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { loadModel, randomRows } from '@pharmacist/language-model/test-support';
import { describe, expect, it } from 'vitest';
import { SELECTORS } from '../../src/registry.ts';
import type { PoolRow } from '../../src/selector.ts';
import { Attempt, Disk } from './attempt.ts';
import { textRow } from './pool-rows.ts';
import { stubEngine } from './stub-engine.ts';
import { useEngine } from './use-engine.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** A million rows take a method about ten seconds, and pharmacist, which reads every text, about a minute. */
const TIMEOUT_MS = 300_000;
/** Numbers of one row that a ranking, and that a checkpoint, may hold. */
const SCALARS = 14;
/**
 * Bytes of one row that a method may hold beside the pool: its numbers, its place in the plan of batches, and with ifd and superfiltering a second
 * copy of its tokens. The least of what must not be kept is a projected gradient, 4 * PROJECTION_DIM: with it a pool of 4000 rows would not hold.
 */
const ROW_BYTES = 700;
const PROJECTION_DIM = 1024;
/** Beside that, whatever the number of rows: the sample that a method learns from, its model, its plan. */
const FIXED_BYTES = 12e6;
/** The same of methods that say how much they hold, with the checkpoint, which here is in memory, too. */
const OWN_ROW_BYTES: Readonly<Record<string, number>> = { pharmacist: 500 };

/**
 * Methods whose memory does not stay at a few numbers a row are not here: k-center and facility-location compare hidden states with each other, and rds
 * by round robin keeps a similarity for each trusted row.
 */
const formsOf = (batchSize: number): Readonly<Record<string, Readonly<Record<string, unknown>>>> => ({
  pharmacist: {},
  bilevel: { checkpoints: [0, 3], loraRank: 2, trainBatchSize: 8 },
  perplexity: {},
  ifd: {},
  superfiltering: {},
  less: { epochs: 2, loraRank: 2, warmupShare: 1e-5, trainBatchSize: 8, projectionDim: PROJECTION_DIM },
  grand: { runs: 2, steps: 2, loraRank: 2, trainBatchSize: 8 },
  el2n: { runs: 2, steps: 2, loraRank: 2, trainBatchSize: 8 },
  seal: { epochs: 1, loraRank: 2, trainBatchSize: 2 * batchSize },
  rds: { selection: 'max' },
  larf: {},
  datashield: {},
  'bi-anchor': { loraRank: 2 },
});

const inner = await useEngine();
const memory = { base: 0, most: 0, bound: 0, looks: 0 };
const bytesInUse = () => {
  collectGarbage();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
};
/** What an earlier test left is freed in turns, until a turn frees nothing that counts. */
const settledBytes = async () => {
  let bytes = Infinity;
  for (let turn = 0; turn < 10; turn++) {
    await setImmediate();
    const next = bytesInUse();
    if (next > bytes - 1e5) return next;
    bytes = next;
  }
  return bytes;
};
/** Buffers without an owner are given back beside the program: a second collection waits for what the first has begun. */
const lookAtMemory = () => {
  memory.looks++;
  const bytes = bytesInUse();
  memory.most = Math.max(memory.most, bytes > memory.bound ? bytesInUse() : bytes);
};
/** Runs between two looks at the memory, one in a pass; each collects garbage first. */
const look = { every: 1 };
const { engine, counts } = stubEngine(inner, (numRuns) => {
  if (numRuns % look.every === 0) lookAtMemory();
});
const model = await loadModel('llama', engine);

/** What every method must hold to, however many rows there are. */
export function describeLargePool({ numRows, batchSize }: { numRows: number; batchSize: number }): void {
  // Few texts, so that what a method adds can be seen.
  const texts = randomRows('large', 50, { length: 6 }).map(textRow);
  const pool = Array.from({ length: numRows }, (_, i): PoolRow => ({ id: `row-${i}`, ...texts[i % texts.length]! }));
  const others = { harmful: randomRows('harmful', 8, { length: 6 }), trusted: randomRows('trusted', 8, { length: 6 }) };
  look.every = Math.ceil(numRows / batchSize);

  it('notices bytes that are kept outside the heap and in it', async () => {
    const base = await settledBytes();
    const kept = { outside: new Float64Array(FIXED_BYTES / 8), inside: Array.from({ length: FIXED_BYTES / 8 }, (_, i) => ({ i })) };
    const bytes = bytesInUse() - base;
    expect(kept.inside.length + kept.outside.length).toBe(FIXED_BYTES / 4);
    expect(bytes).toBeGreaterThan(2 * FIXED_BYTES);
  });

  describe.each(Object.entries(formsOf(batchSize)))(`%s on ${numRows} rows`, (name, options) => {
    it('has one batch in flight and keeps nothing of a row but numbers', { timeout: TIMEOUT_MS }, async () => {
      const disk = new Disk();
      const { context, passes } = new Attempt({ model, pool, ...others, batchSize, maxLength: 8, disk });
      const before = inner.usage();
      Object.assign(counts, { runs: 0, mostRunsInFlight: 0, mostRows: 0, mostResidentTensors: 0 });
      memory.base = await settledBytes();
      memory.most = memory.base;
      memory.looks = 0;
      memory.bound = memory.base + FIXED_BYTES + numRows * (OWN_ROW_BYTES[name] ?? ROW_BYTES);
      const ranking = await SELECTORS.get(name).fit(context, options);
      lookAtMemory();
      const { scores, columns } = ranking;
      expect(scores).toHaveLength(numRows);
      expect(scores.every((score) => Number.isFinite(score))).toBe(true);
      expect(passes['forwardRows']).toBeGreaterThanOrEqual(numRows);
      expect(counts).toMatchObject({ runsInFlight: 0, mostRunsInFlight: 1 });
      const mostRows = Math.max(batchSize, Number(options['trainBatchSize'] ?? 0));
      expect(counts.mostRows).toBe(mostRows);
      expect(counts.runs).toBeGreaterThanOrEqual(numRows / mostRows);
      // One look at least while the pool is read: the last one comes when the ranking is there.
      expect(memory.looks).toBeGreaterThan(1);
      expect(memory.most).toBeLessThan(memory.bound);
      expect(inner.usage().residentBytes).toBe(before.residentBytes);
      expect(Object.keys(columns).length).toBeLessThanOrEqual(SCALARS);
      for (const { state } of disk.files.values()) {
        const numBytes = Object.values(state.arrays).reduce((sum, array) => sum + array.byteLength, 0);
        expect(numBytes / numRows).toBeLessThanOrEqual(8 * SCALARS);
      }
    });
  });
}
