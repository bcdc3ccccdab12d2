import { describe, expect, it } from 'vitest';
import { SELECTORS } from '../src/registry.ts';
import { Attempt, Disk } from './support/attempt.ts';
import { countingEngine } from './support/counting-engine.ts';
import { loadModel } from './support/fixture-model.ts';
import { poolOf, randomRows } from './support/random-rows.ts';
import { useEngine } from './support/use-engine.ts';

const NUM_ROWS = 20_000;
const BATCH_SIZE = 250;
/** Numbers of one row that a ranking and a checkpoint may hold. */
const SCALARS = 8;

const inner = await useEngine();
const { engine, counts } = countingEngine(inner);
const model = await loadModel('llama', engine);

/** Forward-only methods that compare rows with each other, or train first: their time is not linear in a test's pool, or not of one pass. */
const OTHERS = new Set(['k-center', 'facility-location', 'el2n']);
const METHODS = [...SELECTORS].filter(({ name, cost }) => cost === 'forward' && !OTHERS.has(name)).map(({ name }) => name);

describe.each(METHODS)('%s on a large pool', (name) => {
  it('has one batch in flight and keeps nothing of a row but numbers', async () => {
    const pool = poolOf(randomRows('large', NUM_ROWS, { length: 6 }));
    const disk = new Disk();
    const { context, passes } = new Attempt({ model, pool, batchSize: BATCH_SIZE, maxLength: 8, disk });
    const before = inner.usage();
    const { scores, columns } = await SELECTORS.get(name).fit(context, {});
    expect(scores).toHaveLength(NUM_ROWS);
    expect(passes['forwardRows']).toBeGreaterThanOrEqual(NUM_ROWS);
    expect(counts).toMatchObject({ runsInFlight: 0, mostRunsInFlight: 1, mostResidentTensors: before.residentTensors });
    expect(counts.mostRows).toBe(BATCH_SIZE);
    expect(inner.usage().residentBytes).toBe(before.residentBytes);
    expect(Object.keys(columns).length).toBeLessThanOrEqual(SCALARS);
    for (const { state } of disk.files.values()) {
      const numBytes = Object.values(state.arrays).reduce((sum, array) => sum + array.byteLength, 0);
      expect(numBytes / NUM_ROWS).toBeLessThanOrEqual(8 * SCALARS);
    }
  });
});
