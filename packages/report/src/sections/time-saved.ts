import type { TimedCells } from '../charts/time-bars.ts';
import { formatSeconds, formatShare } from '../format.ts';
import { type Html, html } from '../html.ts';
import { foldedWhereLong, howToRead, type Page, scrollRegion, seriesName } from '../page.ts';
import { meanSeconds } from '../phases.ts';

/** Selection and alignment of each method beside the alignment on the full set; nothing if no method kept everything. */
export function timeSavedTable(page: Page, byDefense: readonly { defense: string; methods: readonly TimedCells[] }[]): Html | undefined {
  const bodies = byDefense.flatMap(({ defense, methods }) => {
    const full = methods.find(isFull);
    const whole = full === undefined ? undefined : secondsOf(full);
    if (whole === undefined || !(whole.align > 0)) return [];
    const rows = methods.flatMap((timed) => {
      const own = secondsOf(timed);
      return own === undefined ? [] : [savedRow(page, timed, own, timed === full ? undefined : whole.select + whole.align, whole.align)];
    });
    return [
      html`<tbody>
        <tr class="group">
          <th scope="rowgroup" colspan="6">
            <span class="stay">Defense: <bdi>${defense}</bdi></span>
          </th>
        </tr>
        ${rows}
      </tbody> `,
    ];
  });
  if (bodies.length === 0) return undefined;
  const headings = ['Method', 'Selection', 'Alignment', 'Together', 'Alignment saved', 'Saved with selection'];
  return html`<h3>Selection and alignment against the full set</h3>
    ${howToRead(html`What a subset costs before the model is aligned. “Saved” is in percent of the full set’s time, negative where it took longer, and a range is that over the defenses; the selection is counted in full, though one ranking serves every defense, share and poison ratio of its seed.`)}
    ${savedAtAGlance(byDefense)}${foldedWhereLong(
      byDefense.flatMap(({ methods }) => methods).length,
      'Selection and alignment as a table, by defense',
      scrollRegion(
        'Selection and alignment against the full set',
        '',
        html`<table>
          <caption class="unseen">
            Mean seconds of selection and alignment, and what is saved against the full set
          </caption>
          <thead>
            <tr>
              ${headings.map((heading) => html`<th scope="col">${heading}</th>`)}
            </tr>
          </thead>
          ${bodies}
        </table>`,
      ),
    )} `;
}

/** Of each method, the least and the most that it saves over the defenses. */
function savedAtAGlance(byDefense: readonly { defense: string; methods: readonly TimedCells[] }[]): Html | undefined {
  const saved = new Map<string, { align: number; together: number }[]>();
  for (const { methods } of byDefense) {
    const full = methods.find(isFull);
    const whole = full && secondsOf(full);
    if (whole === undefined || !(whole.align > 0)) continue;
    for (const timed of methods) {
      const own = secondsOf(timed);
      if (timed === full || own === undefined) continue;
      const shares = { align: 1 - own.align / whole.align, together: 1 - (own.select + own.align) / (whole.select + whole.align) };
      saved.set(timed.series.label, [...(saved.get(timed.series.label) ?? []), shares]);
    }
  }
  if (saved.size === 0) return undefined;
  const range = (shares: readonly number[]) => {
    const [least, most] = [Math.min(...shares), Math.max(...shares)].map((share) => formatShare(share, 0)) as [string, string];
    return least === most ? least : `${least} to ${most}`;
  };
  return html`<ul class="glance">
    ${[...saved].map(
      ([label, shares]) =>
        html`<li>
          <strong><bdi>${label}</bdi></strong> saves ${range(shares.map(({ align }) => align))} of the full set’s alignment time,
          ${range(shares.map(({ together }) => together))} with its selection counted.
        </li> `,
    )}
  </ul>`;
}

function isFull({ cells }: TimedCells): boolean {
  return cells.every(({ keep }) => keep === 1);
}

interface Cost {
  readonly select: number;
  readonly align: number;
}

function secondsOf({ cells }: TimedCells): Cost | undefined {
  const [select, align] = [meanSeconds(cells, 'selectSeconds'), meanSeconds(cells, 'alignSeconds')];
  return select === undefined || align === undefined ? undefined : { select, align };
}

function savedRow(page: Page, { series }: TimedCells, { select, align }: Cost, together: number | undefined, wholeAlign: number): Html {
  const saved = (seconds: number, of: number) => html`<td class="number">${formatShare((of - seconds) / of)}</td>`;
  const none = html`<td class="number none">–</td>`;
  return html`<tr>
    <th scope="row">${seriesName(page, series)}</th>
    <td class="number">${formatSeconds(select)}</td>
    <td class="number">${formatSeconds(align)}</td>
    <td class="number">${formatSeconds(select + align)}</td>
    ${together === undefined ? [none, none] : [saved(align, wholeAlign), saved(select + align, together)]}
  </tr> `;
}
