import type { PoolRanking } from '@pharmacist/results';
import type { Html, HtmlValue } from './html.ts';
import { html } from './html.ts';
import type { ChartRenderer } from './charts/renderer.ts';
import type { ReportData } from './report-data.ts';
import type { Series, Summary } from './summary.ts';

/** What every section is made from. */
export interface Page {
  readonly data: ReportData;
  readonly summary: Summary;
  readonly render: ChartRenderer;
  /** Methods of the rankings, each with the series of the results that shows it. */
  readonly methodSeries: readonly { readonly method: string; readonly series: Series }[];
  /** The mark of each series by its index. */
  readonly symbols: readonly Html[];
  /** Judges of the results in words: "ngram, proxy judge". */
  readonly judges: string;
}

/** A section of the page with its entry in the contents. */
export interface Section {
  readonly id: string;
  readonly heading: string;
  readonly body: Html;
}

/** A region that scrolls sideways by itself and can be reached by keyboard. */
export function scrollRegion(label: string, className: string, body: HtmlValue): Html {
  return html`<div class="scroll ${className}" role="region" aria-label="${label}" tabindex="0">${body}</div>`;
}

/** The line at each chart that says how to read it. */
export function howToRead(body: HtmlValue): Html {
  return html`<p class="how"><strong>How to read this.</strong> ${body}</p>`;
}

export function seriesName({ symbols }: Page, { index, label }: Series): Html {
  return html`<span class="key">${symbols[index]} <bdi>${label}</bdi></span>`;
}

/** Which mark is which method. */
export function seriesLegend(page: Page, label = 'Methods'): Html {
  return legend(
    label,
    page.summary.series.map((series) => seriesName(page, series)),
  );
}

export function legend(label: string, keys: readonly Html[]): Html {
  return html`<ul class="legend" aria-label="${label}">
    ${keys.map((key) => html`<li>${key}</li> `)}
  </ul>`;
}

/** Longest table that stands open where a chart says the same or it is detail. */
const MAX_OPEN_ROWS = 12;

/** A table as it is, or behind its summary where it has many rows: the page stays short in a large study. */
export function foldedWhereLong(numRows: number, summary: string, table: Html): Html {
  if (numRows <= MAX_OPEN_ROWS) return table;
  return html`<details>
    <summary>${summary}</summary>
    ${table}
  </details> `;
}

/** A chart with the words above it; `name` is the chart for those who do not see it. */
export function panel(caption: HtmlValue, chart: Html): Html {
  return html`<figure class="panel">
    <figcaption>${caption}</figcaption>
    ${chart}
  </figure> `;
}

/** Which pool's rankings are shown, where the run has many. */
export function onePoolNote({ rankings, pools }: ReportData): Html | undefined {
  const pool = rankings[0]?.pool;
  if (pool === undefined) return undefined;
  return html`<p class="note">
    Shown for the pool <bdi>${pool}</bdi>${pools.length > 1 ? ` of ${pools.length}` : ''} and its first seed; the other rankings are in the
    folder <code>select</code> of the run.
  </p> `;
}

export function rankingName({ method, seed }: PoolRanking): string {
  return `${method}, seed ${seed}`;
}
