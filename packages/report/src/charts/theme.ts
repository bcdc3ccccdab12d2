import type { Config } from 'vega-lite';

/**
 * Colours of methods by theme: after Okabe & Ito's palette for all kinds of colour vision, darkened or lightened to at least 3:1 against
 * the page. A shape goes with each, since eight colours are more than every eye tells apart.
 */
export const SERIES_COLORS = {
  light: ['#0072b2', '#c44e00', '#00795a', '#a8387f', '#6b5a00', '#4a4f57', '#5a3fc0', '#a11d33'],
  dark: ['#5cb8f0', '#ff9a57', '#2fcf9f', '#f3a0cf', '#e6cf4a', '#c3cad3', '#b7a4ff', '#ff8a94'],
} as const;

/** Colours of the four phases of a cell, neighbours far apart in lightness. */
export const PHASE_COLORS = {
  light: ['#00456e', '#c44e00', '#2f8fc9', '#6e7781'],
  dark: ['#a6dcff', '#d9702b', '#4f9fd6', '#8b95a1'],
} as const;

const SHAPES = ['circle', 'square', 'triangle-up', 'diamond', 'cross', 'triangle-down', 'triangle-right', 'triangle-left'];

/** Colour (a CSS variable of the page) and shape of the n-th method; 64 differ. */
export function seriesStyle(index: number): { color: string; shape: string } {
  const round = Math.floor(index / SERIES_COLORS.light.length);
  return { color: `var(--series-${index % SERIES_COLORS.light.length})`, shape: SHAPES[(index + round) % SHAPES.length]! };
}

export function phaseColor(index: number): string {
  return `var(--phase-${index})`;
}

/** Text and lines take the page's colours, so that one drawing serves light, dark and print. */
export const CHART_CONFIG: Config = {
  background: 'transparent',
  font: 'system-ui, sans-serif',
  aria: false,
  view: { stroke: 'var(--line)' },
  axis: {
    labelColor: 'var(--ink)',
    titleColor: 'var(--ink)',
    labelFontSize: 12,
    titleFontSize: 12,
    titleFontWeight: 'normal',
    domainColor: 'var(--muted)',
    tickColor: 'var(--muted)',
    gridColor: 'var(--line)',
    labelLimit: 150,
    titleLimit: 0,
  },
  header: { labelColor: 'var(--ink)', titleColor: 'var(--ink)', labelFontSize: 12, titleFontSize: 12, labelLimit: 140 },
  text: { color: 'var(--ink)', fontSize: 12 },
};
