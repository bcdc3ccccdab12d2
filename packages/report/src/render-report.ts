import { counted } from '@pharmacist/core';
import type { RankingResult } from '@pharmacist/results';
import { loadChartRenderer } from './charts/renderer.ts';
import { seriesSymbol } from './charts/symbol.ts';
import { formatShare, judgeLabel } from './format.ts';
import { type Html, html, trustedHtml } from './html.ts';
import { inOrder } from './in-order.ts';
import type { Page, Section } from './page.ts';
import type { ReportData } from './report-data.ts';
import { beforeAfterSection, poisonSection, tradeOffSection } from './sections/charts.ts';
import { comparisonsSection } from './sections/comparisons.ts';
import { keepRatioSection } from './sections/keep-ratio.ts';
import { leftOutNotice, leftOutSection } from './sections/left-out.ts';
import { rankedRowsSection } from './sections/rankings.ts';
import { plantedSection } from './sections/planted.ts';
import { recordSection } from './sections/record.ts';
import { furtherMetricsSection, resultsSection } from './sections/results.ts';
import { distributionsSection } from './sections/scores.ts';
import { timeSection } from './sections/time.ts';
import { styleSheet } from './style.ts';
import { seriesOfMethods, summarize } from './summary.ts';

// Nothing is loaded and no script runs, whatever a text of the data holds.
const CONTENT_SECURITY_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'";

/**
 * The report of a run as one self-contained HTML page: no script, no network, charts as inline SVG. Equal data gives equal bytes.
 * @returns the page's text, to be written as UTF-8.
 */
export async function renderReport(data: ReportData): Promise<string> {
  const render = await loadChartRenderer();
  const summary = summarize(data.results);
  const judges = [...new Set(data.results.map(({ judge }) => judgeLabel(judge, data.judge)))].join('; ');
  const methodSeries = seriesOfMethods([...new Set(data.rankingResults.map(({ method }) => method))], summary);
  const added = methodSeries.map(({ series }) => series).filter(({ index }) => index >= summary.series.length);
  const symbols = await inOrder([...summary.series, ...added], (series) => seriesSymbol(render, series));
  const page: Page = { data, summary, render, methodSeries, symbols, judges: judges || judgeLabel(data.judge.name, data.judge) };
  const sections: (Section | undefined)[] = [
    ...(data.results.length === 0
      ? []
      : [
          resultsSection(page),
          await comparisonsSection(page),
          await tradeOffSection(page),
          await poisonSection(page),
          await keepRatioSection(page),
          await beforeAfterSection(page),
          furtherMetricsSection(page),
          leftOutSection(page),
          await timeSection(page),
        ]),
    await plantedSection(page),
    await distributionsSection(page),
    rankedRowsSection(page),
    recordSection(page),
  ];
  return documentOf(
    page,
    sections.filter((section) => section !== undefined),
  ).toString();
}

function documentOf(page: Page, sections: readonly Section[]): Html {
  const { data } = page;
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${trustedHtml(CONTENT_SECURITY_POLICY)}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="referrer" content="no-referrer" />
        <title>${data.title}</title>
        <link rel="icon" href="data:," />
        <style>
          ${trustedHtml(styleSheet())}
        </style>
      </head>
      <body>
        <a class="skip" href="#main">Skip to the results</a>
        <header>
          <h1><bdi>${data.title}</bdi></h1>
          <p class="lead">${leadOf(page)}</p>
          ${data.results.length === 0 && data.rankingResults.length > 0 ? undefined : judgeNotice(page)}${leftOutNotice(page)}
          <nav aria-label="Contents">
            <ul>
              ${sections.map(({ id, heading }) => html`<li><a href="#${id}">${heading}</a></li> `)}
            </ul>
          </nav>
        </header>
        <main id="main" tabindex="-1">
          ${sections.map(
            ({ id, heading, body }) =>
              html`<section id="${id}">
                <h2>${heading}</h2>
                ${body}
              </section> `,
          )}
        </main>
        <footer>
          <p>
            Written by Pharmacist. The numbers are in <code>results.parquet</code> beside this page; nothing on it is loaded from elsewhere.
          </p>
        </footer>
      </body>
    </html> `;
}

function leadOf({ data, summary: { series, defenses, poisonRatios, seeds } }: Page): string {
  const { results } = data;
  if (results.length === 0) return rankingLead(data);
  const parts = [
    counted(series.length, 'selection method'),
    counted(defenses.length, 'defense'),
    counted(poisonRatios.length, 'poison ratio'),
    counted(seeds.length, 'seed'),
  ];
  const { task, length, keep, loraMode } = results[0]!;
  const shared = [
    ...(results.every((row) => row.task === task) ? [`task ${task}`] : []),
    ...(results.every((row) => row.length === length) ? [`alignment of ${length}`] : []),
    ...(results.every((row) => row.loraMode === loraMode) ? [`${loraMode} LoRA`] : []),
    ...(results.every((row) => row.keep === keep) ? [`${formatShare(keep)} of the pool kept`] : []),
  ];
  return `${counted(results.length, 'cell')}: ${parts.join(', ')}.${shared.length === 0 ? '' : ` The same in all: ${shared.join(', ')}.`}`;
}

function rankingLead({ rankingResults, pools }: ReportData): string {
  if (rankingResults.length === 0) return 'This run has no finished cell.';
  const number = (of: (result: RankingResult) => string | number) => new Set(rankingResults.map(of)).size;
  const parts = [
    ...(pools.length === 0 ? [] : [counted(pools.length, 'pool')]),
    counted(
      number(({ method }) => method),
      'selection method',
    ),
    counted(
      number(({ seed }) => seed),
      'seed',
    ),
  ];
  return `${counted(
    number(({ pool, method, seed }) => `${pool} ${method} ${seed}`),
    'ranking',
  )}: ${parts.join(', ')}. Nothing was aligned or attacked.`;
}

function judgeNotice({ data: { judge } }: Page): Html {
  return judge.isProxy
    ? html`<p class="notice">
        <strong>Proxy judge.</strong> Every harmful score on this page comes from <bdi>${judge.name}</bdi>, which stands in for the field’s
        own judge; do not compare it with published scores. <bdi>${judge.description}</bdi>
      </p> `
    : html`<p class="note">Harmful scores come from <bdi>${judge.name}</bdi>: <bdi>${judge.description}</bdi></p> `;
}
