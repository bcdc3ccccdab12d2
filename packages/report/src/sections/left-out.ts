import type { ResultRow } from '@pharmacist/results';
import { formatCount, formatShare } from '../format.ts';
import { type Html, html } from '../html.ts';
import { howToRead, type Page, scrollRegion, type Section, seriesName } from '../page.ts';

const COUNTS = [
  { label: 'errored', column: 'numErrored' },
  { label: 'unparsable', column: 'numUnparsable' },
  { label: 'empty', column: 'numEmpty' },
] as const satisfies readonly { label: string; column: keyof ResultRow }[];

/** Items that the metrics could not count: a metric over what is left is only as good as what is missing is rare. */
export function leftOutSection(page: Page): Section {
  const { groups, settings } = page.summary;
  const numOf = (cells: readonly ResultRow[], column: (typeof COUNTS)[number]['column']) =>
    cells.reduce((sum, cell) => sum + cell[column], 0);
  const hasSettings = settings.some((setting) => setting !== '');
  const rows = groups.flatMap(({ setting, poisonRatio, defense, entries }) =>
    entries.flatMap((entry) => {
      const counts = COUNTS.map(({ column }) => numOf(entry.cells, column));
      return counts.every((count) => count === 0) ? [] : [{ setting, poisonRatio, defense, entry, counts }];
    }),
  );
  const table = html`<table>
    <caption class="unseen">
      Errored, unparsable and empty items by method, summed over the seeds
    </caption>
    <thead>
      <tr>
        <th scope="col">Method</th>
        <th scope="col">Defense</th>
        <th scope="col">Poison ratio</th>
        ${hasSettings ? html`<th scope="col">Setting</th>` : undefined}${COUNTS.map(({ label }) => html`<th scope="col">${label}</th>`)}
      </tr>
    </thead>
    <tbody>
      ${rows.map(
        ({ setting, poisonRatio, defense, entry, counts }) =>
          html`<tr>
            <th scope="row">${seriesName(page, entry.series)}</th>
            <td><bdi>${defense}</bdi></td>
            <td class="number">${formatShare(poisonRatio)}</td>
            ${hasSettings ? html`<td>${setting}</td>` : undefined}${counts.map((count) => html`<td class="number">${formatCount(count)}</td>`)}
          </tr> `,
      )}
    </tbody>
  </table>`;
  return {
    id: 'left-out',
    heading: 'Errored, unparsable and empty items',
    body: html`${howToRead(html`Errored (the judge could not be reached) and unparsable (its reply or the model’s answer had no verdict in it) items are left out of the metrics they belong to; an empty answer counts as harmless. Counts are sums over the seeds, every prompt set, before and after. Methods without any are not listed.`)}
    ${rows.length === 0 ? html`<p class="note">None in ${formatCount(page.data.results.length)} cells: every item was counted.</p>` : scrollRegion('Errored, unparsable and empty items', '', table)}`,
  };
}

/** A word at the top of the page where items are missing from the metrics. */
export function leftOutNotice({ data: { results } }: Page): Html | undefined {
  const numLeftOut = results.reduce((sum, { numErrored, numUnparsable }) => sum + numErrored + numUnparsable, 0);
  if (numLeftOut === 0) return undefined;
  return html`<p class="notice">
    <strong>${formatCount(numLeftOut)} items could not be judged or parsed</strong> and are left out of the metrics:
    <a href="#left-out">which ones</a>.
  </p> `;
}
