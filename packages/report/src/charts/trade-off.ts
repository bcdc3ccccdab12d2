import { METRIC_INFO } from '@pharmacist/results';
import type { Entry, Estimate, Group } from '../summary.ts';
import { domainOf } from './domain.ts';
import { frame, titleAbove } from './frame.ts';
import type { ChartSpec } from './renderer.ts';
import { seriesStyle } from './theme.ts';

const X = 'harmfulScoreAfter';
const Y = 'taskAccuracyAfter';

/** Harmful score against task accuracy of one group; all groups of the page share both axes. */
export function tradeOffSpec(group: Group, all: readonly Group[], titles: { x: string[]; y: string[] }): ChartSpec {
  const values = group.entries.flatMap(pointOf);
  const points = all.flatMap(({ entries }) => entries.flatMap(pointOf));
  const xDomain = domainOf(
    points.flatMap(({ x, xLow, xHigh }) => [x, xLow, xHigh]),
    METRIC_INFO[X].bounds,
  );
  const yDomain = domainOf(
    points.flatMap(({ y, yLow, yHigh }) => [y, yLow, yHigh]),
    METRIC_INFO[Y].bounds,
  );
  const color = { field: 'color', type: 'nominal', scale: null } as const;
  const x = { field: 'x', type: 'quantitative', title: titles.x, scale: { domain: xDomain, zero: false } } as const;
  const y = { field: 'y', type: 'quantitative', ...titleAbove(titles.y), scale: { domain: yDomain, zero: false } } as const;
  return {
    data: { values },
    ...frame({ height: 210, xTitle: titles.x, yTitle: titles.y }),
    layer: [
      {
        mark: { type: 'rule', opacity: 0.75, strokeWidth: 1.5 },
        encoding: { x: { ...x, field: 'xLow' }, x2: { field: 'xHigh' }, y, color },
      },
      {
        mark: { type: 'rule', opacity: 0.75, strokeWidth: 1.5 },
        encoding: { x, y: { ...y, field: 'yLow' }, y2: { field: 'yHigh' }, color },
      },
      {
        mark: { type: 'point', filled: true, opacity: 1, size: 90 },
        encoding: { x, y, color, shape: { field: 'shape', type: 'nominal', scale: null } },
      },
    ],
  };
}

/** Whether a group has a point to draw. */
export function hasTradeOff({ entries }: Group): boolean {
  return entries.some((entry) => pointOf(entry).length > 0);
}

function pointOf({ series, estimates: { [X]: x, [Y]: y } }: Entry) {
  if (x === undefined || y === undefined) return [];
  const [xLow, xHigh] = limits(x);
  const [yLow, yHigh] = limits(y);
  return [{ ...seriesStyle(series.index), x: x.value, xLow, xHigh, y: y.value, yLow, yHigh }];
}

function limits({ value, interval }: Estimate): [number, number] {
  return interval === undefined ? [value, value] : [interval.low, interval.high];
}
