import { METRIC_INFO } from '@pharmacist/results';
import type { Group } from '../summary.ts';
import { intervalLinesSpec, type LinePoint, linePoint } from './interval-lines.ts';
import type { ChartSpec } from './renderer.ts';

const METRIC = 'harmfulScoreAfter';

/** Harmful score by poison ratio, of one defense's groups; all groups of the page share both axes. */
export function poisonLinesSpec(groups: readonly Group[], all: readonly Group[], titles: { x: string[]; y: string[] }): ChartSpec {
  return intervalLinesSpec({
    points: groups.flatMap(poisonPoints),
    all: all.flatMap(poisonPoints),
    places: all.map(({ poisonRatio }) => 100 * poisonRatio),
    spread: 0.06,
    numSeries: 1 + Math.max(...all.flatMap(({ entries }) => entries.map(({ series }) => series.index))),
    bounds: METRIC_INFO[METRIC].bounds,
    titles,
  });
}

function poisonPoints({ poisonRatio, entries }: Group): LinePoint[] {
  return entries.flatMap(({ series, estimates: { [METRIC]: estimate } }) =>
    estimate === undefined ? [] : [linePoint(series.index, 100 * poisonRatio, estimate)],
  );
}
