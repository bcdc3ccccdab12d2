import { distinct } from '@pharmacist/core';
import {
  atLargestKeep,
  type FigureOf,
  ofKind,
  otherKinds,
  plantedEstimate,
  type PlantedEstimate,
  type RankingResult,
} from '@pharmacist/results';
import { formatCount, formatSeconds, formatShare } from '../format.ts';
import { type Html, html } from '../html.ts';
import { type Page, seriesName } from '../page.ts';
import type { ReportPool } from '../report-data.ts';
import { headedTable } from './headed-table.ts';
import { countCell, numberCell, percentCell, shareCell } from './planted-cells.ts';

/** Results under one heading of a table; several pools are averaged within a seed. */
export interface PlantedBody {
  readonly heading?: Html | undefined;
  readonly results: readonly RankingResult[];
}

interface Column {
  readonly heading: Html;
  readonly cell: (results: readonly RankingResult[]) => Html;
}

/** What a table shows of each method: its figures over all kinds, with stability and cost, or those of each kind. */
type Columns = 'overall' | 'kinds';

/** How well each method told the planted kinds apart. */
export function plantedTable(page: Page, caption: string, bodies: readonly PlantedBody[], shown: Columns): Html {
  const all = bodies.flatMap(({ results }) => results);
  const columns = shown === 'overall' ? overallColumns(all) : kindColumns(all);
  const headings = columns.map(({ heading }) => heading);
  const groups = bodies.map(
    ({ heading, results }) =>
      html`<tbody>
        ${
          heading === undefined
            ? undefined
            : html`<tr class="group">
                <th scope="rowgroup" colspan="${columns.length + 1}"><span class="stay">${heading}</span></th>
              </tr> `
        }${distinct(results.map(({ method }) => method)).map((method) => {
          const own = results.filter((result) => result.method === method);
          return html`<tr>
            <th scope="row">${seriesName(page, seriesOfMethod(page, method))}</th>
            ${columns.map(({ cell }) => cell(own))}
          </tr> `;
        })}
      </tbody> `,
  );
  return headedTable(caption, ['Method', ...headings], groups);
}

/** "mixed-200: 200 rows, 90 good, 30 benign; the same for every seed". */
export function poolWords({ label, size, counts, isSame }: ReportPool): Html {
  const kinds = Object.entries(counts).map(([kind, count]) => `${formatCount(count)} ${kind}`);
  return html`Pool <bdi>${label}</bdi>: ${formatCount(size)} rows, <bdi>${kinds.join(', ')}</bdi>;
    ${isSame ? 'the same rows for every seed' : 'drawn anew for each seed'}`;
}

export function seriesOfMethod({ methodSeries }: Page, method: string): Page['methodSeries'][number]['series'] {
  return methodSeries.find((one) => one.method === method)!.series;
}

/** How good the kept rows are and how good the order is, how much of it stays with another seed, and what it cost. */
function overallColumns(all: readonly RankingResult[]): Column[] {
  const keeps = keepsOf(all);
  return [
    ...keeps.map((keep): Column => ({
      heading: html`Good among the kept${keeps.length > 1 ? ` ${formatShare(keep)}` : ''}, %`,
      cell: (results) =>
        percentCell(
          plantedEstimate(
            results.filter((result) => result.keep === keep),
            ({ precisionKept }) => precisionKept,
          ),
        ),
    })),
    { heading: html`AUROC against all`, cell: whole(({ auroc }) => auroc, shareCell) },
    { heading: html`Average precision among all`, cell: whole(({ averagePrecision }) => averagePrecision, shareCell) },
    {
      heading: html`Stability over seeds`,
      cell: whole(
        ({ stability }) => stability,
        (estimate) => numberCell(estimate?.value.toFixed(3), 'no order'),
      ),
    },
    {
      heading: html`Time`,
      cell: whole(
        ({ selectSeconds }) => selectSeconds,
        (estimate) => numberCell(estimate && formatSeconds(estimate.value)),
      ),
    },
    { heading: html`Rows forward`, cell: whole(({ forwardRows }) => forwardRows, countCell) },
    { heading: html`Rows forward and backward`, cell: whole(({ backwardRows }) => backwardRows, countCell) },
  ];
}

/** Against each kind, and how much of each is kept; against the only other kind is against all. */
function kindColumns(all: readonly RankingResult[]): Column[] {
  const others = otherKinds(all);
  const kinds = [
    ...distinct(all.flatMap(({ kinds: own }) => own.filter(({ auroc }) => auroc === null).map(({ kind }) => kind))),
    ...others,
  ];
  const keeps = keepsOf(all);
  const kindColumn = (
    text: string,
    kind: string,
    figure: Parameters<typeof ofKind>[1],
    cell: (estimate: PlantedEstimate | undefined) => Html,
  ): Column => ({ heading: html`${text} <bdi>${kind}</bdi>${countOf(all, kind)}`, cell: whole(ofKind(kind, figure), cell) });
  const ordered = others.length === 1 ? [] : others;
  return [
    ...ordered.map((kind) => kindColumn('AUROC against', kind, 'auroc', shareCell)),
    ...kinds.map((kind) =>
      kindColumn(`Kept${keeps.length > 1 ? ` at ${formatShare(keeps.at(-1)!)}` : ''}, % of`, kind, 'shareKept', percentCell),
    ),
    ...ordered.map((kind) => kindColumn('Average precision among good and', kind, 'averagePrecision', shareCell)),
  ];
}

/** A cell of a figure that does not depend on the share kept, or is shown for the largest. */
function whole(figureOf: FigureOf, cell: (estimate: PlantedEstimate | undefined) => Html): Column['cell'] {
  return (results) => cell(plantedEstimate(atLargestKeep(results), figureOf));
}

function keepsOf(results: readonly RankingResult[]): number[] {
  return distinct(results.map(({ keep }) => keep)).sort((a, b) => a - b);
}

/** Number of rows of a kind, where every ranking has as many. */
function countOf(results: readonly RankingResult[], kind: string): Html | undefined {
  const counts = distinct(results.map(({ kinds }) => kinds.find((one) => one.kind === kind)?.count));
  const [count] = counts;
  return counts.length === 1 && count !== undefined ? html` <span class="interval">(${formatCount(count)} rows)</span>` : undefined;
}
