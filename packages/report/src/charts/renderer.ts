/**
 * Charts are Vega-Lite specifications, turned into SVG text when the page is written. Vega-Lite 6 on Vega 6 rather than Observable Plot
 * 0.6: both are kept and freely licensed (BSD-3-Clause, ISC), but Vega writes SVG without a DOM where Plot needs linkedom or jsdom beside
 * it (jsdom has left Node 20), and a specification is data that the compiler checks. 25 MB installed against 16 MB, 0.2 s to import:
 * hence only here, on first use. Vega-Lite 6.5 needs Node 22; 6.4.3 is the last one for Node 20.
 */
import type { TopLevelSpec } from 'vega-lite';
import { type Html, html, trustedHtml } from '../html.ts';
import { CHART_CONFIG } from './theme.ts';

export type ChartSpec = TopLevelSpec;

/** Draws a specification as inline SVG; `name` is what a screen reader says instead. Equal specifications give equal bytes. */
export type ChartRenderer = (spec: ChartSpec, name: string) => Promise<Html>;

/** Loads the plotting library. */
export async function loadChartRenderer(): Promise<ChartRenderer> {
  const [vega, vegaLite] = await Promise.all([import('vega'), import('vega-lite')]);
  return async (spec, name) => {
    const compiled = vegaLite.compile({ ...spec, config: CHART_CONFIG }, { logger: vega.logger(vega.None) }).spec;
    const view = new vega.View(vega.parse(compiled), { renderer: 'none', logLevel: vega.None });
    try {
      return inlineSvg(await view.toSVG(), name);
    } finally {
      view.finalize();
    }
  };
}

const OPENING = /^<svg [^>]*? width="([\d.]+)" height="([\d.]+)" viewBox="([-\d. ]+)">/;

/** One image to a reader: the parts of the drawing keep no role of their own, and the page needs no namespace. */
function inlineSvg(svg: string, name: string): Html {
  const [opening, width, height, viewBox] = OPENING.exec(svg)!;
  // Text has its angle brackets escaped, so that a match is a tag.
  const drawing = svg
    .slice(opening.length)
    .replace(/<[a-z]+ [^>]*>/g, (tag) => tag.replace(/ (?:role|class|pointer-events|aria-[a-z]+)="[^"]*"/g, ''));
  return html`<svg class="chart" role="img" aria-label="${name}" width="${width}" height="${height}" viewBox="${viewBox}">
    ${trustedHtml(drawing)}
   `;
}
