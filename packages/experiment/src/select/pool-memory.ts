import { ConfigError } from '@pharmacist/core';
import type { Filter, FitSizes, Selector } from '@pharmacist/selector';
import { gigabytes } from '../doctor/gigabytes.ts';
import { machineMemory } from '../doctor/machine-memory.ts';

/**
 * Bytes of each row of a pool at its most, whatever its texts: its id, where its record and its tokens lie, what is known of duplicates, kind and prompt, its place in
 * the order of ids and in the ranking. As measured (docs/log.md).
 */
const POOL_ROW_BYTES = 72;
/** Texts and tokens in memory before the rest goes to files, and buffers of an order that is made. */
const MOST_KEPT_BYTES = 450e6;
/** Texts and tokens of a row of some length: small pools are in memory whole. */
const TEXT_BYTES = 1500;
/** What explains a ranking holds states of all rows, twice. */
const explainBytes = ({ hiddenSize }: FitSizes) => 200 + 24 * hiddenSize;

/** A method, the filters before it, and whether its ranking is explained. */
export interface PoolWorkload {
  readonly filters?: readonly { readonly filter: Pick<Filter, 'rowBytes'>; readonly config: unknown }[];
  readonly selector: Pick<Selector, 'name' | 'rowBytes'>;
  readonly config: unknown;
  readonly explain: boolean;
}

/** What a selection keeps of a pool in memory, beside program and model. */
export interface PoolMemory {
  /** Of each row, texts and tokens not counted. */
  readonly rowBytes: number;
  readonly totalBytes: number;
}

/** By `random` and `perplexity` as measured (1.31 and 2.10 GB of ten million rows beside program and model), by the others from above. */
export function poolMemory({ selector, config, filters = [], explain }: PoolWorkload, numRows: number, sizes: FitSizes): PoolMemory {
  const method = selector.rowBytes(config, sizes) + (explain ? explainBytes(sizes) : 0);
  // One after the other, and each gives back what it keeps.
  const rowBytes = POOL_ROW_BYTES + Math.max(method, ...filters.map(({ filter, config: own }) => filter.rowBytes(own)));
  return { rowBytes, totalBytes: numRows * rowBytes + Math.min(MOST_KEPT_BYTES, numRows * TEXT_BYTES) };
}

/** Rows of which there is room. */
export function mostRowsOf({ rowBytes }: Pick<PoolMemory, 'rowBytes'>, memoryBytes: number): number {
  return Math.floor(Math.max(0, memoryBytes - MOST_KEPT_BYTES) / rowBytes);
}

/** @throws {ConfigError} if the pool is too large for the method on this machine, before anything is written. */
export function checkPoolFits(
  work: PoolWorkload,
  numRows: number,
  sizes: FitSizes,
  {
    memoryBytes = machineMemory(),
    allowsLittle = false,
  }: { readonly memoryBytes?: number; readonly allowsLittle?: boolean | undefined } = {},
): void {
  const { rowBytes, totalBytes } = poolMemory(work, numRows, sizes);
  if (allowsLittle || totalBytes <= memoryBytes) return;
  throw new ConfigError(
    `the pool is too large: ${numRows} rows take ${gigabytes(totalBytes)} by this method${work.explain ? ', explained' : ''}, ${Math.ceil(rowBytes)} bytes a row, and there are ${gigabytes(memoryBytes)}`,
    {
      where: `method ${work.selector.name}`,
      hint: `give at most ${mostRowsOf({ rowBytes }, memoryBytes)} rows, take ${work.explain ? 'no --explain, or ' : ''}a method that keeps a few numbers a row (pharmacist, perplexity, dsir), or --allow-little-memory`,
    },
  );
}
