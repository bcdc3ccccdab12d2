import { ConfigError } from '@pharmacist/core';
import { type Figure, formatValue } from './figure.ts';
import type { BenchResult } from './result.ts';
import { formatTable } from './table.ts';

/** One figure in two results. */
export interface FigureChange {
  readonly name: string;
  readonly before: Figure;
  readonly after: Figure;
  /** Median after / median before. */
  readonly ratio: number;
  /** `same` where the quartiles overlap or the figure has no direction. */
  readonly verdict: 'better' | 'worse' | 'same';
}

export interface Comparison {
  readonly changes: readonly FigureChange[];
  /** Names of figures that only one of the two has. */
  readonly unmatched: readonly string[];
  /** What makes the two hard to compare. */
  readonly warnings: readonly string[];
}

/** Figures of two results of one suite side by side. @throws {ConfigError} if the suites differ. */
export function compareResults(before: BenchResult, after: BenchResult): Comparison {
  if (before.suite !== after.suite) {
    throw new ConfigError(`the results are of the suites ${before.suite} and ${after.suite}`, {
      where: 'compare',
      hint: 'name two results of one suite',
    });
  }
  const changes = before.figures.flatMap((figure): FigureChange[] => {
    const other = after.figures.find(({ name, unit }) => name === figure.name && unit === figure.unit);
    if (other === undefined) return [];
    const ratio = other.summary.median / figure.summary.median;
    return [{ name: figure.name, before: figure, after: other, ratio, verdict: verdictOf(figure, other) }];
  });
  const matched = new Set(changes.map(({ name }) => name));
  const names = new Set([...before.figures, ...after.figures].map(({ name }) => name));
  return { changes, unmatched: [...names].filter((name) => !matched.has(name)), warnings: warningsOf(before, after) };
}

function verdictOf(before: Figure, after: Figure): FigureChange['verdict'] {
  if (before.direction === 'none') return 'same';
  const [a, b] = [before.summary, after.summary];
  const isLower = b.upperQuartile < a.lowerQuartile;
  const isHigher = b.lowerQuartile > a.upperQuartile;
  if (!isLower && !isHigher) return 'same';
  return isLower === (before.direction === 'lower') ? 'better' : 'worse';
}

function warningsOf(before: BenchResult, after: BenchResult): string[] {
  const warnings: string[] = [];
  for (const field of ['cpuModel', 'cores', 'node', 'platform'] as const) {
    if (before.machine[field] !== after.machine[field])
      warnings.push(`${field} differs: ${before.machine[field]} and ${after.machine[field]}`);
  }
  for (const [name, { load }] of [['first', before] as const, ['second', after] as const]) {
    if (!load.isQuiet) warnings.push(`the ${name} was measured at a load of ${load.before.toFixed(2)} to ${load.after.toFixed(2)}`);
  }
  for (const name of Object.keys(before.versions)) {
    if (before.versions[name] !== after.versions[name])
      warnings.push(`${name} differs: ${before.versions[name]} and ${after.versions[name]}`);
  }
  return warnings;
}

/** A comparison as text. */
export function formatComparison({ changes, unmatched, warnings }: Comparison): string {
  const table = formatTable(
    ['figure', 'before', 'after', 'ratio', 'verdict'],
    changes.map(({ name, before, after, ratio, verdict }) => [
      name,
      formatValue(before.summary.median, before.unit),
      formatValue(after.summary.median, after.unit),
      ratio.toFixed(3),
      verdict,
    ]),
  );
  const rest = unmatched.length === 0 ? [] : [`only in one of the two: ${unmatched.join(', ')}`];
  return [table, ...rest, ...warnings.map((warning) => `warning: ${warning}`)].join('\n');
}
