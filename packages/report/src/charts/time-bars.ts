import type { ResultRow } from '@pharmacist/results';
import { meanSeconds, PHASES } from '../phases.ts';
import type { Series } from '../summary.ts';
import { frame, labelRoom } from './frame.ts';
import type { ChartSpec } from './renderer.ts';
import { phaseColor } from './theme.ts';

/** Cells of one method under one defense, over poison ratios and seeds. */
export interface TimedCells {
  readonly series: Series;
  readonly cells: readonly ResultRow[];
}

/** Mean time of each phase as stacked bars, one a method; `max` is the longest bar of the page in seconds. */
export function timeBarsSpec(methods: readonly TimedCells[], max: number): ChartSpec {
  const { divisor, unit } = timeUnit(max);
  const title = `mean time a cell, ${unit}`;
  const values = methods.flatMap(({ series, cells }) =>
    PHASES.map(({ column }, phase) => ({
      method: series.label,
      order: series.index,
      phase,
      color: phaseColor(phase),
      time: (meanSeconds(cells, column) ?? 0) / divisor,
    })),
  );
  return {
    data: { values },
    ...frame({ height: 24 * methods.length, left: labelRoom(methods.map(({ series }) => series.label)), xTitle: [title] }),
    mark: { type: 'bar', stroke: 'var(--bg)', strokeWidth: 1, height: { band: 0.75 } },
    encoding: {
      y: { field: 'method', type: 'nominal', sort: { field: 'order', op: 'min' }, title: null },
      x: { field: 'time', type: 'quantitative', title, scale: { domain: [0, max / divisor] } },
      color: { field: 'color', type: 'nominal', scale: null },
      order: { field: 'phase', type: 'quantitative' },
    },
  };
}

/** Seconds of a method's bar. */
export function barSeconds({ cells }: TimedCells): number {
  return PHASES.reduce((sum, { column }) => sum + (meanSeconds(cells, column) ?? 0), 0);
}

function timeUnit(maxSeconds: number): { divisor: number; unit: string } {
  if (maxSeconds > 3 * 3600) return { divisor: 3600, unit: 'hours' };
  return maxSeconds > 300 ? { divisor: 60, unit: 'minutes' } : { divisor: 1, unit: 'seconds' };
}
