import type { ResultMetric } from '../../run/result-row.ts';
import { METRIC_INFO } from '../metric-info.ts';
import type { Group } from '../summary.ts';
import { domainOf } from './domain.ts';
import { frame, titleAbove } from './frame.ts';
import type { ChartSpec } from './renderer.ts';
import { seriesStyle } from './theme.ts';

/** Width over which the methods at one share are spread, as a share of the axis, so that their intervals stay apart. */
const SPREAD = 0.05;

/** A metric by the share of the pool that is kept, a line a method, of one group; all groups of the page share both axes. */
export function keepLinesSpec(
  group: Group,
  all: readonly Group[],
  { metric, methods, titles }: { metric: ResultMetric; methods: readonly string[]; titles: { x: string[]; y: string[] } },
): ChartSpec {
  const points = all.flatMap((one) => keepPoints(one, metric, methods));
  const keeps = [...new Set(points.map(({ keep }) => keep))].sort((a, b) => a - b);
  const span = keeps.at(-1)! - keeps[0]! || 1;
  const values = keepPoints(group, metric, methods).map((point) => ({
    ...point,
    x: point.keep + SPREAD * span * ((point.index + 0.5) / methods.length - 0.5),
  }));
  const yDomain = domainOf(
    points.flatMap(({ y, low, high }) => [y, low, high]),
    METRIC_INFO[metric].bounds,
  );
  const xDomain: [number, number] = [keeps[0]! - SPREAD * span, keeps.at(-1)! + SPREAD * span];
  const x = {
    field: 'x',
    type: 'quantitative',
    title: titles.x,
    scale: { domain: xDomain, zero: false, nice: false },
    axis: { values: keeps, grid: false, format: '~g' },
  } as const;
  const y = { field: 'y', type: 'quantitative', ...titleAbove(titles.y), scale: { domain: yDomain, zero: false } } as const;
  const color = { field: 'color', type: 'nominal', scale: null } as const;
  return {
    data: { values },
    ...frame({ height: 200, xTitle: titles.x, yTitle: titles.y }),
    layer: [
      { mark: { type: 'line', strokeWidth: 2 }, encoding: { x, y, color, detail: { field: 'index', type: 'nominal' } } },
      { mark: { type: 'rule', opacity: 0.75, strokeWidth: 1.5 }, encoding: { x, y: { ...y, field: 'low' }, y2: { field: 'high' }, color } },
      {
        mark: { type: 'point', filled: true, opacity: 1, size: 80 },
        encoding: { x, y, color, shape: { field: 'shape', type: 'nominal', scale: null } },
      },
    ],
  };
}

/** Points of a group: the share in percent, the mean and its interval, and the place of the method. */
export function keepPoints({ entries }: Group, metric: ResultMetric, methods: readonly string[]) {
  return entries.flatMap(({ cells, estimates: { [metric]: estimate } }) => {
    const { method, keep } = cells[0]!;
    const index = methods.indexOf(method);
    if (estimate === undefined || index < 0) return [];
    const { low, high } = estimate.interval ?? { low: estimate.value, high: estimate.value };
    return [{ ...seriesStyle(index), index, keep: Number((100 * keep).toFixed(2)), y: estimate.value, low, high }];
  });
}
