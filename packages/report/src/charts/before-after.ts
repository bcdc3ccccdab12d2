import { METRIC_INFO, type ResultMetric } from '@pharmacist/results';
import type { Group } from '../summary.ts';
import { domainOf } from './domain.ts';
import { frame, labelRoom } from './frame.ts';
import type { ChartSpec } from './renderer.ts';
import { seriesStyle } from './theme.ts';

export interface MetricPair {
  readonly before: ResultMetric;
  readonly after: ResultMetric;
}

/** From the value before the user's fine-tuning (hollow) to the one after (filled): a line a method, grouped by defense. */
export function beforeAfterSpec(groups: readonly Group[], all: readonly Group[], pair: MetricPair, title: string[]): ChartSpec {
  const values = groups.flatMap((group) => linesOf(group, pair));
  const domain = domainOf(
    all.flatMap((group) => linesOf(group, pair)).flatMap(({ before, after }) => [before, after]),
    METRIC_INFO[pair.after].bounds,
  );
  const numMethods = new Set(values.map(({ method }) => method)).size;
  const numDefenses = new Set(values.map(({ defense }) => defense)).size;
  const color = { field: 'color', type: 'nominal', scale: null } as const;
  const x = { type: 'quantitative', title: title, scale: { domain, zero: false } } as const;
  const y = {
    field: 'defense',
    type: 'nominal',
    sort: null,
    title: null,
    scale: { padding: 0 },
    axis: { grid: true, tickBand: 'extent', ticks: false, labelPadding: 6 },
  } as const;
  const yOffset = { field: 'method', type: 'ordinal', scale: { paddingOuter: 0.6 } } as const;
  const shape = { field: 'shape', type: 'nominal', scale: null } as const;
  return {
    data: { values },
    ...frame({ height: numDefenses * (14 * numMethods + 10), left: labelRoom(values.map(({ defense }) => defense)), xTitle: title }),
    layer: [
      {
        mark: { type: 'rule', strokeWidth: 2, opacity: 0.7 },
        encoding: { x: { ...x, field: 'before' }, x2: { field: 'after' }, y, yOffset, color },
      },
      {
        mark: { type: 'point', filled: false, opacity: 1, size: 55, strokeWidth: 1.5, fill: 'var(--bg)' },
        encoding: { x: { ...x, field: 'before' }, y, yOffset, stroke: color, shape },
      },
      {
        mark: { type: 'point', filled: true, opacity: 1, size: 65 },
        encoding: { x: { ...x, field: 'after' }, y, yOffset, color, shape },
      },
    ],
  };
}

/** Whether a group has a line to draw. */
export function hasBeforeAfter(group: Group, pair: MetricPair): boolean {
  return linesOf(group, pair).length > 0;
}

function linesOf({ defense, entries }: Group, pair: MetricPair) {
  return entries.flatMap(({ series: { index }, estimates }) => {
    const [before, after] = [estimates[pair.before], estimates[pair.after]];
    if (before === undefined || after === undefined) return [];
    return [{ ...seriesStyle(index), defense, method: index, before: before.value, after: after.value }];
  });
}
