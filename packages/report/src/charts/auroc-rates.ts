import { ofKind, plantedEstimate, type RankingResult } from '@pharmacist/results';
import { domainOf } from './domain.ts';
import { frame, titleAbove } from './frame.ts';
import type { ChartSpec } from './renderer.ts';
import { seriesStyle } from './theme.ts';

const Y_TITLE = 'AUROC of good rows';
/** Width over which the methods at one rate are spread, as a share of the axis, so that marks do not hide each other. */
const SPREAD = 0.04;

/** Pools that hold one kind beside the good rows, with its share. */
export interface KindRates {
  readonly kind: string;
  readonly pools: readonly { readonly label: string; readonly rate: number }[];
}

export interface AurocRates {
  readonly results: readonly RankingResult[];
  /** Of the panel. */
  readonly kind: KindRates;
  /** Of all panels: they share their axes. */
  readonly all: readonly KindRates[];
  readonly methods: readonly string[];
  /** Place of a method among the series of the page. */
  readonly seriesOf: (method: string) => number;
}

/** AUROC of each method against the share of one kind in the pool: a line a method. */
export function aurocRatesSpec({ results, kind, all, methods, seriesOf }: AurocRates): ChartSpec {
  const points = ({ kind: name, pools }: KindRates) =>
    methods.flatMap((method) =>
      ratesOf(pools).flatMap((rate) => {
        const labels = pools.filter((pool) => pool.rate === rate).map(({ label }) => label);
        const found = plantedEstimate(
          results.filter((result) => result.method === method && labels.includes(result.pool ?? '')),
          ofKind(name, 'auroc'),
        );
        return found === undefined ? [] : [{ method, rate: 100 * rate, auroc: found.value }];
      }),
    );
  const rates = ratesOf(all.flatMap(({ pools }) => pools)).map((rate) => 100 * rate);
  const span = rates.at(-1)! - rates[0]!;
  const yDomain = domainOf([0.5, ...all.flatMap(points).map(({ auroc }) => auroc)], [0, 1]);
  const values = points(kind).map(({ method, rate, auroc }) => {
    const shift = SPREAD * span * ((methods.indexOf(method) + 0.5) / methods.length - 0.5);
    return { ...seriesStyle(seriesOf(method)), method, auroc, x: rate + shift };
  });
  const xDomain: [number, number] = [rates[0]! - SPREAD * span, rates.at(-1)! + SPREAD * span];
  const xTitle = [`${kind.kind} rows in the pool, %`];
  const color = { field: 'color', type: 'nominal', scale: null } as const;
  const x = {
    field: 'x',
    type: 'quantitative',
    title: xTitle,
    scale: { domain: xDomain, zero: false, nice: false },
    axis: { values: rates, grid: false },
  } as const;
  const y = { field: 'auroc', type: 'quantitative', ...titleAbove([Y_TITLE]), scale: { domain: yDomain, zero: false } } as const;
  return {
    data: { values },
    ...frame({ height: 260, xTitle, yTitle: [Y_TITLE] }),
    layer: [
      {
        data: { values: [{ chance: 0.5 }] },
        mark: { type: 'rule', color: 'var(--ink)', strokeDash: [4, 3], strokeWidth: 1.5 },
        encoding: { y: { ...y, field: 'chance' } },
      },
      { mark: { type: 'line', strokeWidth: 1.5, opacity: 0.8 }, encoding: { x, y, color, detail: { field: 'method', type: 'nominal' } } },
      {
        mark: { type: 'point', filled: true, opacity: 1, size: 70 },
        encoding: { x, y, color, shape: { field: 'shape', type: 'nominal', scale: null } },
      },
    ],
  };
}

function ratesOf(pools: KindRates['pools']): number[] {
  return [...new Set(pools.map(({ rate }) => rate))].sort((a, b) => a - b);
}
