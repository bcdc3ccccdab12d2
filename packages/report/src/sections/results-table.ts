import { METRIC_INFO, type ResultMetric } from '@pharmacist/results';
import { formatCount, formatInterval, formatSeconds, formatShare, formatValue, judgeLabel, metricLabel } from '../format.ts';
import { type Html, html } from '../html.ts';
import { type Page, scrollRegion, seriesName } from '../page.ts';
import { meanSeconds } from '../phases.ts';
import { clearlyBest, type Entry, type Estimate, type Group } from '../summary.ts';

/** One column of a table of results. */
export interface ResultColumn {
  /** Over the column; gets the judge's name. */
  readonly heading: (judge: string) => Html;
  readonly cell: (entry: Entry, group: Group) => Html;
  /** Whether any cell of the run knows it: other columns are left out. */
  readonly isMeasured: (entries: readonly Entry[]) => boolean;
}

/** Mean, interval and, where no other interval touches it, the word "best". */
export function metricColumn(metric: ResultMetric): ResultColumn {
  const arrow = METRIC_INFO[metric].better === 'lower' ? '↓' : '↑';
  return {
    heading: (judge) =>
      html`${metricLabel(metric, judge)} <span class="arrow" aria-hidden="true">${arrow}</span
        ><span class="unseen"> (${METRIC_INFO[metric].better} is better)</span>`,
    cell: (entry, group) => {
      const estimate = entry.estimates[metric];
      if (estimate === undefined) return html`<td class="number none">not measured</td>`;
      const isBest = clearlyBest(group.entries, metric) === entry;
      return html`<td class="number${isBest ? ' best' : ''}">
        ${estimateCell(metric, estimate, entry)}${isBest ? html` <span class="badge">best</span>` : undefined}
      </td>`;
    },
    isMeasured: (entries) => entries.some(({ estimates }) => estimates[metric] !== undefined),
  };
}

/** Share of the pool and rows aligned on. */
export const ROWS_COLUMN: ResultColumn = {
  heading: () => html`Rows kept`,
  cell: ({ cells }) => {
    const [keeps, counts] = [cells.map(({ keep }) => keep), cells.map(({ numRows }) => numRows)];
    return html`<td class="number">${range(counts, formatCount)} <span class="interval">${range(keeps, formatShare)}</span></td>`;
  },
  isMeasured: () => true,
};

export const SELECT_TIME_COLUMN = timeColumn('Selection time', 'selectSeconds');
export const ALIGN_TIME_COLUMN = timeColumn('Alignment time', 'alignSeconds');

/** Seeds of each row, where they are not as many everywhere. */
export const SEEDS_COLUMN: ResultColumn = {
  heading: () => html`Seeds`,
  cell: ({ cells }) => html`<td class="number">${numSeeds(cells)}</td>`,
  isMeasured: (entries) => entries.some(({ cells }) => numSeeds(cells) !== numSeeds(entries[0]!.cells)),
};

/** Tables of the given columns, one a setting and poison ratio, its rows grouped by defense. */
export function resultTables(page: Page, name: string, columns: readonly ResultColumn[]): Html {
  const { summary } = page;
  return html`${summary.settings.flatMap((setting) =>
    summary.poisonRatios.map((poisonRatio) => {
      const groups = summary.groups.filter((group) => group.setting === setting && group.poisonRatio === poisonRatio);
      return groups.length === 0 ? undefined : resultTable(page, name, columns, groups);
    }),
  )}`;
}

function resultTable(page: Page, name: string, columns: readonly ResultColumn[], groups: readonly Group[]): Html {
  const { setting, poisonRatio, judge } = groups[0]!;
  const all = page.summary.groups.flatMap(({ entries }) => entries);
  const shown = columns.filter(({ isMeasured }) => isMeasured(all));
  const heading = `Poison ratio ${formatShare(poisonRatio)}${setting === '' ? '' : `, ${setting}`}`;
  const bodies = groups.map(
    (group) =>
      html`<tbody>
        <tr class="group">
          <th scope="rowgroup" colspan="${shown.length + 1}">
            <span class="stay">Defense: <bdi>${group.defense}</bdi></span>
          </th>
        </tr>
        ${group.entries.map(
          (entry) =>
            html`<tr>
              <th scope="row">${seriesName(page, entry.series)}</th>
              ${shown.map(({ cell }) => cell(entry, group))}
            </tr> `,
        )}
      </tbody> `,
  );
  return html`<h3>${heading}</h3>
    ${scrollRegion(
      `${name}, ${heading}`,
      '',
      html`<table>
        <caption class="unseen">
          ${name}: ${heading}
        </caption>
        <thead>
          <tr>
            <th scope="col">Method</th>
            ${shown.map((column) => html`<th scope="col">${column.heading(judgeLabel(judge, page.data.judge))}</th>`)}
          </tr>
        </thead>
        ${bodies}
      </table>`,
    )} `;
}

function estimateCell(metric: ResultMetric, estimate: Estimate, { cells }: Entry): Html {
  const interval = formatInterval(metric, estimate);
  const note = estimate.basis === 'items' && interval !== undefined ? html`<sup title="interval over items">i</sup>` : undefined;
  const missing =
    estimate.numCells < cells.length ? html` <span class="interval">${estimate.numCells} of ${cells.length} seeds</span>` : undefined;
  return html`${formatValue(metric, estimate)}${interval === undefined ? undefined : html` <span class="interval">${interval}${note}</span>`}${missing}`;
}

function timeColumn(label: string, column: 'selectSeconds' | 'alignSeconds'): ResultColumn {
  return {
    heading: () => html`${label}`,
    cell: ({ cells }) => {
      const seconds = meanSeconds(cells, column);
      return seconds === undefined
        ? html`<td class="number none">not measured</td>`
        : html`<td class="number">${formatSeconds(seconds)}</td>`;
    },
    isMeasured: (entries) => entries.some(({ cells }) => meanSeconds(cells, column) !== undefined),
  };
}

/** One value, or the least and the greatest. */
function range(values: readonly number[], format: (value: number) => string): string {
  const [least, greatest] = [Math.min(...values), Math.max(...values)];
  return least === greatest ? format(least) : `${format(least)} to ${format(greatest)}`;
}

function numSeeds(cells: Entry['cells']): number {
  return new Set(cells.map(({ seed }) => seed)).size;
}
