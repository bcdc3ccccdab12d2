import { phaseSymbol } from '../charts/symbol.ts';
import { barSeconds, timeBarsSpec, type TimedCells } from '../charts/time-bars.ts';
import { formatCount, formatSeconds } from '../format.ts';
import { type Html, html } from '../html.ts';
import { inOrder } from '../in-order.ts';
import { howToRead, legend, type Page, panel, scrollRegion, type Section, seriesName } from '../page.ts';
import { meanSeconds, PHASES } from '../phases.ts';
import { timeSavedTable } from './time-saved.ts';

/** Where the time went, over poison ratios and seeds. */
export async function timeSection(page: Page): Promise<Section | undefined> {
  const { groups, defenses, series } = page.summary;
  const byDefense = defenses.map((defense) => ({
    defense,
    methods: series.flatMap((one): TimedCells[] => {
      const cells = groups
        .filter((group) => group.defense === defense)
        .flatMap(({ entries }) => entries.filter((entry) => entry.series === one).flatMap((entry) => entry.cells));
      return cells.length === 0 ? [] : [{ series: one, cells }];
    }),
  }));
  const max = Math.max(0, ...byDefense.flatMap(({ methods }) => methods.map(barSeconds)));
  if (max === 0) return undefined;
  const panels = await inOrder(byDefense, async ({ defense, methods }) =>
    panel(
      html`Defense: <bdi>${defense}</bdi>`,
      await page.render(timeBarsSpec(methods, max), `mean time of each phase by method, defense ${defense}`),
    ),
  );
  const phases = await inOrder(
    PHASES,
    async ({ label }, i) => html`<span class="key">${await phaseSymbol(page.render, i, label)} ${label}</span>`,
  );
  return {
    id: 'time',
    heading: 'Time',
    body: html`${howToRead(html`Shorter is better. A bar is the mean over a method’s cells (poison ratios and seeds). What cells share (one selection, one alignment) was computed once and counts in full in each of them.`)}
      ${legend('Phases', phases)} ${scrollRegion('Time by phase', 'panels', panels)} ${timeSavedTable(page, byDefense)}
      <details>
        <summary>Every phase as numbers</summary>
        ${scrollRegion('Time by phase as numbers', '', timeTable(page, byDefense))}
      </details>`,
  };
}

function timeTable(page: Page, byDefense: readonly { defense: string; methods: readonly TimedCells[] }[]): Html {
  const seconds = (value: number | undefined) =>
    value === undefined ? html`<td class="number none">not measured</td>` : html`<td class="number">${formatSeconds(value)}</td>`;
  const total = ({ cells }: TimedCells, column: 'alignForward' | 'alignBackward') =>
    html`<td class="number">${formatCount(Math.round(cells.reduce((sum, cell) => sum + cell[column], 0) / cells.length))}</td>`;
  return html`<table>
    <caption class="unseen">
      Mean time of each phase a cell
    </caption>
    <thead>
      <tr>
        <th scope="col">Method</th>
        ${PHASES.map(({ label }) => html`<th scope="col">${label}</th>`)}
        <th scope="col">together</th>
        <th scope="col">rows forward in alignment</th>
        <th scope="col">rows backward</th>
      </tr>
    </thead>
    ${byDefense.map(
      ({ defense, methods }) =>
        html`<tbody>
          <tr class="group">
            <th scope="rowgroup" colspan="${PHASES.length + 4}">
              <span class="stay">Defense: <bdi>${defense}</bdi></span>
            </th>
          </tr>
          ${methods.map(
            (timed) =>
              html`<tr>
                <th scope="row">${seriesName(page, timed.series)}</th>
                ${PHASES.map(({ column }) => seconds(meanSeconds(timed.cells, column)))}${seconds(barSeconds(timed))}${total(timed, 'alignForward')}${total(timed, 'alignBackward')}
              </tr> `,
          )}
        </tbody> `,
    )}
  </table>`;
}
