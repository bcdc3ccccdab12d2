import type { Estimate } from '../summary.ts';
import { domainOf } from './domain.ts';
import { frame, titleAbove } from './frame.ts';
import type { ChartSpec } from './renderer.ts';
import { seriesStyle } from './theme.ts';

/** A mean and its interval at a place of the axis, of the series of one index. */
export interface LinePoint {
  readonly index: number;
  readonly at: number;
  readonly y: number;
  readonly low: number;
  readonly high: number;
}

export interface IntervalLines {
  readonly points: readonly LinePoint[];
  /** Of all charts that share the axes. */
  readonly all: readonly LinePoint[];
  /** Where the x axis has its labels: all places of those charts. */
  readonly places: readonly number[];
  /** Width over which the series at one place are spread, as a share of the axis, so that their intervals stay apart. */
  readonly spread: number;
  readonly numSeries: number;
  readonly bounds: readonly [number, number];
  readonly titles: { readonly x: string[]; readonly y: string[] };
}

/** A point without an interval stands for its own. */
export function linePoint(index: number, at: number, { value, interval }: Estimate): LinePoint {
  const { low, high } = interval ?? { low: value, high: value };
  return { index, at, y: value, low, high };
}

/** Lines of means with their intervals, one a series. */
export function intervalLinesSpec({ points, all, places, spread, numSeries, bounds, titles }: IntervalLines): ChartSpec {
  const ticks = [...new Set(places)].sort((a, b) => a - b);
  const span = ticks.at(-1)! - ticks[0]! || 1;
  const values = points.map((point) => ({
    ...seriesStyle(point.index),
    ...point,
    x: point.at + spread * span * ((point.index + 0.5) / numSeries - 0.5),
  }));
  const yDomain = domainOf(
    all.flatMap(({ y, low, high }) => [y, low, high]),
    bounds,
  );
  const xDomain: [number, number] = [ticks[0]! - spread * span, ticks.at(-1)! + spread * span];
  const x = {
    field: 'x',
    type: 'quantitative',
    title: titles.x,
    scale: { domain: xDomain, zero: false, nice: false },
    // Labels as numbers, not by a format: one of the axis would round 12.5 to its ticks' precision or write 1e+1.
    axis: { values: ticks, grid: false, labelExpr: 'toString(round(100 * datum.value) / 100)' },
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
