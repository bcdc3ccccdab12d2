import { type Summary, summarise } from './statistics.ts';

/** What the project promises of a figure. */
export type Target = { readonly atLeast: number } | { readonly atMost: number };

/** One measured quantity of a suite. */
export interface Figure {
  /** Unique in its suite: "onnx 8x128 step". */
  readonly name: string;
  /** Of the values: "ms", "tokens/s", "bytes", "ratio", "share". */
  readonly unit: string;
  readonly direction: 'lower' | 'higher' | 'none';
  /** One a round, as measured. */
  readonly values: readonly number[];
  readonly summary: Summary;
  readonly target?: Target;
  /** Whether the median reaches the target; absent without one. */
  readonly isReached?: boolean;
}

const DIRECTIONS: Record<string, Figure['direction']> = {
  ms: 'lower',
  s: 'lower',
  bytes: 'lower',
  'tokens/s': 'higher',
  'GFLOP/s': 'higher',
};

/** A figure from its values; ratios and shares have no better direction of their own, their target says it. */
export function figure(name: string, unit: string, values: readonly number[], target?: Target): Figure {
  const summary = summarise(values);
  const direction = DIRECTIONS[unit] ?? (target === undefined ? 'none' : 'atLeast' in target ? 'higher' : 'lower');
  const base = { name, unit, direction, values, summary };
  return target === undefined ? base : { ...base, target, isReached: reaches(summary.median, target) };
}

function reaches(value: number, target: Target): boolean {
  return 'atLeast' in target ? value >= target.atLeast : value <= target.atMost;
}

/** A value as a person reads it: "312 ms", "1.42x", "71.3 %", "512 MB". */
export function formatValue(value: number, unit: string): string {
  if (unit === 'share') return `${(100 * value).toFixed(1)} %`;
  if (unit === 'ratio') return `${value.toFixed(value < 1 ? 3 : 2)}x`;
  if (unit === 'bytes') return `${Math.round(value / 1e6)} MB`;
  if (unit === '') return value.toFixed(3);
  const digits = value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return `${value.toFixed(digits)} ${unit}`;
}

/** "target at least 70.0 %: reached", or nothing. */
export function formatTarget({ target, isReached, unit }: Figure): string {
  if (target === undefined) return '';
  const bound = 'atLeast' in target ? `at least ${formatValue(target.atLeast, unit)}` : `at most ${formatValue(target.atMost, unit)}`;
  return `${bound}: ${isReached === true ? 'reached' : 'NOT reached'}`;
}
