import type { ReliabilityBin } from '@pharmacist/metrics';
import { frame, titleAbove } from './frame.ts';
import type { ChartSpec } from './renderer.ts';
import { seriesStyle } from './theme.ts';

const X_TITLE = ['mean probability said'];
const Y_TITLE = ['share of good rows'];
const DOMAIN = [0, 1];

/** The reliability curve of a method: a point a bin, and the diagonal on which what is said is so. */
export function reliabilitySpec(curve: readonly ReliabilityBin[], series: number): ChartSpec {
  const { color, shape } = seriesStyle(series);
  const x = { field: 'meanPredicted', type: 'quantitative', title: X_TITLE, scale: { domain: DOMAIN } } as const;
  const y = { field: 'observedFrequency', type: 'quantitative', ...titleAbove(Y_TITLE), scale: { domain: DOMAIN } } as const;
  return {
    // Copies: Vega marks the values it is given.
    data: { values: curve.map((bin) => ({ ...bin })) },
    ...frame({ height: 210, xTitle: X_TITLE, yTitle: Y_TITLE }),
    layer: [
      {
        data: { values: DOMAIN.map((end) => ({ meanPredicted: end, observedFrequency: end })) },
        mark: { type: 'line', color: 'var(--ink)', strokeDash: [4, 3], strokeWidth: 1.5 },
        encoding: { x, y },
      },
      { mark: { type: 'line', color, strokeWidth: 1.5, opacity: 0.75 }, encoding: { x, y } },
      { mark: { type: 'point', color, shape, filled: true, opacity: 1, size: 80 }, encoding: { x, y } },
    ],
  };
}
