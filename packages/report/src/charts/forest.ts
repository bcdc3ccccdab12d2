import type { Comparison } from '@pharmacist/results';
import { formatShare } from '../format.ts';
import { frame, labelRoom } from './frame.ts';
import type { ChartSpec } from './renderer.ts';

/** Differences of one metric with their intervals, one line a comparison; `all` share the axis. Filled marks are secured differences. */
export function forestSpec(comparisons: readonly Comparison[], all: readonly Comparison[], title: string[]): ChartSpec {
  const values = comparisons.map((comparison, order) => {
    const { difference, low, high, verdict } = comparison;
    const limits = { low: low ?? difference, high: high ?? difference };
    return {
      label: forestLabel(comparison, all),
      order,
      difference,
      ...limits,
      fill: verdict === 'not secured' ? 'var(--bg)' : 'var(--ink)',
    };
  });
  const ends = all.flatMap(({ difference, low, high }) => [difference, low ?? difference, high ?? difference]);
  const spare = (Math.max(0, ...ends) - Math.min(0, ...ends)) / 20 || 1;
  const domain = [Math.min(0, ...ends) - spare, Math.max(0, ...ends) + spare];
  const x = { type: 'quantitative', title, scale: { domain, zero: false, nice: false } } as const;
  const y = { field: 'label', type: 'nominal', sort: { field: 'order', op: 'min' }, title: null } as const;
  const color = { value: 'var(--ink)' };
  return {
    data: { values },
    ...frame({ height: 22 * values.length, left: labelRoom(values.map(({ label }) => label)), xTitle: title }),
    layer: [
      { mark: { type: 'rule', stroke: 'var(--muted)', strokeDash: [4, 3] }, encoding: { x: { ...x, datum: 0 } } },
      { mark: { type: 'rule', strokeWidth: 2, opacity: 0.75 }, encoding: { x: { ...x, field: 'low' }, x2: { field: 'high' }, y, color } },
      {
        mark: { type: 'point', opacity: 1, size: 60, strokeWidth: 1.5 },
        encoding: { x: { ...x, field: 'difference' }, y, stroke: color, fill: { field: 'fill', type: 'nominal', scale: null } },
      },
    ],
  };
}

/** The other method, or both where the first is not that of the plot, with the share and the poison ratio as far as the plot has several. */
function forestLabel({ reference, method, pool, keep, poisonRatio }: Comparison, all: readonly Comparison[]): string {
  const isVaried = (of: (comparison: Comparison) => string | number | null) => new Set(all.map(of)).size > 1;
  return [
    reference === all[0]!.reference ? method : `${reference} − ${method}`,
    ...(pool !== null && isVaried((one) => one.pool) ? [pool] : []),
    ...(isVaried((one) => one.keep) ? [formatShare(keep)] : []),
    ...(poisonRatio !== null && isVaried((one) => one.poisonRatio) ? [`p ${formatShare(poisonRatio)}`] : []),
  ].join(', ');
}
