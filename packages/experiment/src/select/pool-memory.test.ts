import { FILTERS, SELECTORS } from '@pharmacist/selector';
import { describe, expect, it } from 'vitest';
import { checkPoolFits, poolMemory } from './pool-memory.ts';

const sizes = { hiddenSize: 576, numTrusted: 100, numHarmful: 100 };
const work = (name: string, options: object = {}, explain = false) => {
  const selector = SELECTORS.get(name);
  return { selector, config: selector.config.parse(options), explain };
};
const bytesOf = (name: string, options: object = {}) => poolMemory(work(name, options), 1e7, sizes).totalBytes;

describe('memory of a pool', () => {
  it.each(['random', 'dsir', 'perplexity'])('ten million rows by %s stay below 4 GB', (name) => {
    expect(bytesOf(name)).toBeLessThan(4e9);
  });

  it('is what was measured beside program and model, within 15 %', () => {
    for (const [method, numRows, measured] of [
      ['random', 2e6, 0.606e9],
      ['random', 1e7, 1.308e9],
      ['perplexity', 1e7, 2.1e9],
    ] as const) {
      const { totalBytes } = poolMemory(work(method), numRows, sizes);
      expect(Math.abs(totalBytes / measured - 1), `${method} ${numRows}`).toBeLessThan(0.15);
    }
  });

  it('grows with what a method compares rows by', () => {
    expect(bytesOf('k-center')).toBeGreaterThan(1e7 * 16 * 576);
    expect(bytesOf('rds')).toBeGreaterThan(bytesOf('rds', { selection: 'max' }));
    expect(bytesOf('bilevel', { scorer: 'amortised' })).toBeGreaterThan(bytesOf('bilevel'));
  });

  it('every method and filter says what it keeps', () => {
    for (const selector of SELECTORS) {
      const config = selector.config.parse({});
      expect(poolMemory({ selector, config, explain: false }, 1, sizes).rowBytes, selector.name).toBeGreaterThan(0);
    }
    for (const filter of FILTERS) expect(filter.rowBytes(filter.config.parse({})), filter.name).toBeGreaterThan(0);
  });

  it('counts the dearest filter where it keeps more than the method, which begins when it has ended', () => {
    const filters = [50, 1000].map((bytes) => ({ filter: { rowBytes: () => bytes }, config: {} }));
    const { rowBytes } = poolMemory(work('random'), 1, sizes);
    const own = SELECTORS.get('random').rowBytes({}, sizes);
    expect(poolMemory({ ...work('random'), filters }, 1, sizes).rowBytes).toBe(rowBytes - own + 1000);
    expect(() => checkPoolFits({ ...work('random'), filters }, 1e8, sizes, { memoryBytes: 24e9 })).toThrow(/1072 bytes a row/);
  });

  it('refuses a pool that does not fit, with the estimate and what would', () => {
    expect(() => checkPoolFits(work('k-center'), 1e7, sizes, { memoryBytes: 24e9 })).toThrow(
      /10000000 rows take 94\.6 GB by this method, 9416 bytes a row, and there are 24\.0 GB/,
    );
    expect(() => checkPoolFits(work('perplexity', {}, true), 1e7, sizes, { memoryBytes: 24e9 })).toThrow(/explained/);
    expect(() => checkPoolFits(work('k-center'), 1e7, sizes, { memoryBytes: 24e9, allowsLittle: true })).not.toThrow();
    expect(() => checkPoolFits(work('k-center'), 1e6, sizes, { memoryBytes: 24e9 })).not.toThrow();
  });
});
