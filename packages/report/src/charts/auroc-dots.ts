import { distinct } from '@pharmacist/core';
import { type FigureOf, plantedEstimate, type RankingResult } from '@pharmacist/results';
import { domainOf } from './domain.ts';
import { frame, labelRoom } from './frame.ts';
import type { ChartSpec } from './renderer.ts';
import { seriesStyle } from './theme.ts';

const ROW_HEIGHT = 19;
const TITLE = 'AUROC of good rows';

export interface AurocDots {
  readonly results: readonly RankingResult[];
  /** Of the panel. */
  readonly figureOf: FigureOf;
  /** Figures of all panels: they share their axis. */
  readonly all: readonly FigureOf[];
  /** Methods from the top. */
  readonly order: readonly string[];
  /** Place of a method among the series of the page. */
  readonly seriesOf: (method: string) => number;
}

/** AUROC of each method: a mark with its interval over the seeds, and a line where chance is. */
export function aurocDotsSpec({ results, figureOf, all, order, seriesOf }: AurocDots): ChartSpec {
  const estimate = (method: string, of: FigureOf) =>
    plantedEstimate(
      results.filter((result) => result.method === method),
      of,
    );
  const shown = order.flatMap((method) => all.flatMap((of) => estimate(method, of) ?? []));
  const domain = domainOf(
    [0.5, ...shown.flatMap(({ value, interval }) => [value, interval?.low ?? value, interval?.high ?? value])],
    [0, 1],
  );
  const values = order.flatMap((method) => {
    const found = estimate(method, figureOf);
    if (found === undefined) return [];
    const { low, high } = found.interval ?? { low: found.value, high: found.value };
    // An interval may leave the bounds of the figure; the axis does not.
    return [
      { method, ...seriesStyle(seriesOf(method)), auroc: found.value, low: Math.max(low, domain[0]), high: Math.min(high, domain[1]) },
    ];
  });
  const color = { field: 'color', type: 'nominal', scale: null } as const;
  const y = { field: 'method', type: 'nominal', sort: null, title: null, axis: { grid: true, ticks: false, labelLimit: 300 } } as const;
  const x = { type: 'quantitative', title: TITLE, scale: { domain, zero: false, nice: false } } as const;
  return {
    data: { values },
    ...frame({ height: ROW_HEIGHT * distinct(values.map(({ method }) => method)).length, left: labelRoom(order), xTitle: [TITLE] }),
    layer: [
      {
        data: { values: [{ chance: 0.5 }] },
        mark: { type: 'rule', color: 'var(--ink)', strokeDash: [4, 3], strokeWidth: 1.5 },
        encoding: { x: { ...x, field: 'chance' } },
      },
      {
        mark: { type: 'rule', opacity: 0.75, strokeWidth: 1.5 },
        encoding: { x: { ...x, field: 'low' }, x2: { field: 'high' }, y, color },
      },
      {
        mark: { type: 'point', filled: true, opacity: 1, size: 75 },
        encoding: { x: { ...x, field: 'auroc' }, y, color, shape: { field: 'shape', type: 'nominal', scale: null } },
      },
    ],
  };
}
