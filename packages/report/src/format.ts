import { METRIC_INFO, type ResultMetric } from '@pharmacist/results';
import type { ReportJudge } from './report-data.ts';
import type { Estimate } from './summary.ts';

/** A count with thousands apart: 12,345. Never the machine's locale: equal data gives equal bytes. */
export function formatCount(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** Four significant digits, without an exponent where it is not needed. */
export function formatNumber(value: number): string {
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(4)));
}

/** A share of 0 to 1 as percent: 0.43 to "43 %". */
export function formatShare(share: number, digits = 1): string {
  return `${Number((100 * share).toFixed(digits))} %`;
}

/** "8.4 s", "12 min 5 s", "3 h 20 min". */
export function formatSeconds(seconds: number): string {
  if (seconds < 99.95) return `${seconds.toFixed(1)} s`;
  const rounded = Math.round(seconds);
  if (rounded < 3600) return `${Math.floor(rounded / 60)} min ${rounded % 60} s`;
  const minutes = Math.round(seconds / 60);
  return `${formatCount(Math.floor(minutes / 60))} h ${minutes % 60} min`;
}

export function formatValue(metric: ResultMetric, { value }: Estimate): string {
  return value.toFixed(METRIC_INFO[metric].digits);
}

/** "[10.1, 14.5]"; undefined where there is no interval. */
export function formatInterval(metric: ResultMetric, { interval }: Estimate): string | undefined {
  if (interval === undefined) return undefined;
  const { digits } = METRIC_INFO[metric];
  return `[${interval.low.toFixed(digits)}, ${interval.high.toFixed(digits)}]`;
}

/** "ngram, proxy judge": goes beside every harmful score. */
export function judgeLabel(judge: string, { name, isProxy }: ReportJudge): string {
  return judge === name && isProxy ? `${judge}, proxy judge` : `judge ${judge}`;
}

/** The same over two lines, for an axis. */
export function axisTitle(metric: ResultMetric, judge: string): string[] {
  const { label, unit, isJudged } = METRIC_INFO[metric];
  return [unit === '' ? label : `${label}, ${unit}`, ...(isJudged ? [`(${judge})`] : [])];
}

/** "Harmful score after, % (ngram, proxy judge)". */
export function metricLabel(metric: ResultMetric, judge: string): string {
  const { label, unit, isJudged } = METRIC_INFO[metric];
  return `${label}${unit === '' ? '' : `, ${unit}`}${isJudged ? ` (${judge})` : ''}`;
}
