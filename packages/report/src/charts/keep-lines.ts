import { METRIC_INFO, type ResultMetric } from '@pharmacist/results';
import type { Group } from '../summary.ts';
import { intervalLinesSpec, type LinePoint, linePoint } from './interval-lines.ts';
import type { ChartSpec } from './renderer.ts';

/** A metric by the share of the pool that is kept, a line a method, of one group; all groups of the page share both axes. */
export function keepLinesSpec(
  group: Group,
  all: readonly Group[],
  { metric, methods, titles }: { metric: ResultMetric; methods: readonly string[]; titles: { x: string[]; y: string[] } },
): ChartSpec {
  const points = all.flatMap((one) => keepPoints(one, metric, methods));
  return intervalLinesSpec({
    points: keepPoints(group, metric, methods),
    all: points,
    places: points.map(({ at }) => at),
    spread: 0.05,
    numSeries: methods.length,
    bounds: METRIC_INFO[metric].bounds,
    titles,
  });
}

/** Points of a group, at the share in percent. */
export function keepPoints({ entries }: Group, metric: ResultMetric, methods: readonly string[]): LinePoint[] {
  return entries.flatMap(({ cells, estimates: { [metric]: estimate } }) => {
    const { method, keep } = cells[0]!;
    const index = methods.indexOf(method);
    return estimate === undefined || index < 0 ? [] : [linePoint(index, Number((100 * keep).toFixed(2)), estimate)];
  });
}
