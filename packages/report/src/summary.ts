import { distinct } from '@pharmacist/core';
import { meanInterval, meanOf } from '@pharmacist/metrics';
import { METRIC_INFO, RESULT_METRICS, type ResultMetric, type ResultRow } from '@pharmacist/results';

/** A metric over the cells that differ only in their seed. */
export interface Estimate {
  /** Mean of the cells. */
  readonly value: number;
  /** 95 % interval; undefined where the cells carry none. */
  readonly interval?: { readonly low: number; readonly high: number };
  /**
   * `seeds`: t interval over the cells. `items`: interval over the items, from the cell itself, or the mean of the cells' limits where
   * every seed gave the same value and a t interval would claim certainty.
   */
  readonly basis: 'seeds' | 'items';
  /** Cells that measured it. */
  readonly numCells: number;
}

/** A selection method at one keep ratio: one row of a table, one colour and shape of a chart. */
export interface Series {
  /** Place in the report, from 0; decides colour and shape. */
  readonly index: number;
  readonly label: string;
}

export interface Entry {
  readonly series: Series;
  readonly cells: readonly ResultRow[];
  readonly estimates: Readonly<Partial<Record<ResultMetric, Estimate>>>;
}

/** Methods that may be compared with each other: everything but the method and the seed is equal. */
export interface Group {
  /** What differs between groups besides poison ratio and defense ("task sst2, 3 epochs"); empty where nothing does. */
  readonly setting: string;
  readonly poisonRatio: number;
  /** The defense, with its LoRA mode where the run has both. */
  readonly defense: string;
  readonly judge: string;
  readonly entries: readonly Entry[];
}

export interface Summary {
  readonly series: readonly Series[];
  readonly settings: readonly string[];
  /** Ascending. */
  readonly poisonRatios: readonly number[];
  readonly defenses: readonly string[];
  readonly seeds: readonly number[];
  /** By setting, poison ratio and defense, each in the order of its list. */
  readonly groups: readonly Group[];
}

/** Cells to groups of comparable methods, with means and intervals over seeds. Methods and defenses keep the order of the results. */
export function summarize(results: readonly ResultRow[]): Summary {
  const settingOf = settingNamer(results);
  const hasBothModes = isVaried(results, ({ loraMode }) => loraMode);
  const defenseOf = (row: ResultRow) => (hasBothModes ? `${row.defense} (${row.loraMode} LoRA)` : row.defense);
  const variedKeep = new Set(results.map(({ method }) => method).filter((method) => hasManyKeeps(results, method)));
  const labelOf = (row: ResultRow) =>
    variedKeep.has(row.method) ? `${row.method}, keep ${Number((100 * row.keep).toFixed(2))} %` : row.method;

  const series = distinct(results.map(labelOf)).map((label, index) => ({ index, label }));
  const settings = distinct(results.map(settingOf));
  const poisonRatios = distinct(results.map(({ poisonRatio }) => poisonRatio)).sort((a, b) => a - b);
  const defenses = distinct(results.map(defenseOf));
  const seeds = distinct(results.map(({ seed }) => seed)).sort((a, b) => a - b);

  const groups: Group[] = [];
  for (const setting of settings) {
    for (const poisonRatio of poisonRatios) {
      for (const defense of defenses) {
        const rows = results.filter((row) => settingOf(row) === setting && row.poisonRatio === poisonRatio && defenseOf(row) === defense);
        if (rows.length === 0) continue;
        const entries = series.flatMap((one) => {
          const cells = rows.filter((row) => labelOf(row) === one.label);
          return cells.length === 0 ? [] : [{ series: one, cells, estimates: estimatesOf(cells) }];
        });
        groups.push({ setting, poisonRatio, defense, judge: rows[0]!.judge, entries });
      }
    }
  }
  return { series, settings, poisonRatios, defenses, seeds, groups };
}

/** A series for each method: the first of the results that is of it, or one of its own after them. */
export function seriesOfMethods(methods: readonly string[], { series }: Summary): { method: string; series: Series }[] {
  const isOf = (label: string, method: string) => label === method || label.startsWith(`${method}, keep `);
  const added = methods.filter((method) => !series.some(({ label }) => isOf(label, method)));
  return methods.map((method) => ({
    method,
    series: series.find(({ label }) => isOf(label, method)) ?? { index: series.length + added.indexOf(method), label: method },
  }));
}

/**
 * The entry that is better than every other with intervals that do not overlap; undefined if there is none, if only one entry measured
 * it, or if one has no interval.
 */
export function clearlyBest(entries: readonly Entry[], metric: ResultMetric): Entry | undefined {
  const sign = METRIC_INFO[metric].better === 'lower' ? 1 : -1;
  const measured = entries.flatMap((entry) => {
    const estimate = entry.estimates[metric];
    return estimate === undefined ? [] : [{ entry, estimate }];
  });
  if (measured.length < 2) return undefined;
  const [best, ...others] = measured.sort((a, b) => sign * (a.estimate.value - b.estimate.value));
  const interval = best!.estimate.interval;
  const isClear = others.every(({ estimate: { interval: other } }) => {
    if (interval === undefined || other === undefined) return false;
    // Every item of a mean alike, the bootstrap has nothing to draw: an interval without width says nothing of how sure the value is.
    if (interval.low === interval.high || other.low === other.high) return false;
    return sign === 1 ? interval.high < other.low : interval.low > other.high;
  });
  return isClear ? best!.entry : undefined;
}

function estimatesOf(cells: readonly ResultRow[]): Partial<Record<ResultMetric, Estimate>> {
  const estimates: Partial<Record<ResultMetric, Estimate>> = {};
  for (const metric of RESULT_METRICS) {
    const estimate = estimateOf(cells, metric);
    if (estimate !== undefined) estimates[metric] = estimate;
  }
  return estimates;
}

function estimateOf(cells: readonly ResultRow[], metric: ResultMetric): Estimate | undefined {
  const measured = cells.filter((cell) => Number.isFinite(cell[metric]));
  if (measured.length === 0) return undefined;
  const values = measured.map((cell) => cell[metric]!);
  const numCells = values.length;
  const bound = ({ low, high }: { low: number; high: number }) => {
    const [min, max] = METRIC_INFO[metric].bounds;
    return { low: Math.max(min, low), high: Math.min(max, high) };
  };
  if (values.some((value) => value !== values[0])) {
    const { mean, low, high } = meanInterval(values);
    return { value: mean, interval: bound({ low, high }), basis: 'seeds', numCells };
  }
  const lows = measured.map((cell) => cell[`${metric}Low`]);
  const highs = measured.map((cell) => cell[`${metric}High`]);
  const value = values[0]!;
  if (!lows.every(isFiniteNumber) || !highs.every(isFiniteNumber)) return { value, basis: 'items', numCells };
  return { value, interval: { low: meanOf(lows), high: meanOf(highs) }, basis: 'items', numCells };
}

/** Names a row's alignment length, judge and task, as far as the run has more than one. */
function settingNamer(results: readonly ResultRow[]): (row: ResultRow) => string {
  const parts: ((row: ResultRow) => string)[] = [
    ({ pool }) => `pool ${pool}`,
    ({ task }) => `task ${task}`,
    ({ length }) => `alignment ${length}`,
    ({ judge }) => `judge ${judge}`,
  ];
  const varied = parts.filter((part) => isVaried(results, part));
  return (row) => varied.map((part) => part(row)).join(', ');
}

function hasManyKeeps(results: readonly ResultRow[], method: string): boolean {
  return isVaried(
    results.filter((row) => row.method === method),
    ({ keep }) => keep,
  );
}

function isVaried(results: readonly ResultRow[], of: (row: ResultRow) => string | number): boolean {
  return results.some((row) => of(row) !== of(results[0]!));
}

function isFiniteNumber(value: number | undefined): value is number {
  return value !== undefined && Number.isFinite(value);
}
