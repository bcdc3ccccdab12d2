import type { TimedCells } from '../charts/time-bars.ts';
import { formatSeconds, formatShare } from '../format.ts';
import { type Html, html } from '../html.ts';
import { howToRead, type Page, scrollRegion, seriesName } from '../page.ts';
import { meanSeconds } from '../phases.ts';

/** Selection and alignment of each method beside the alignment on the full set; nothing if no method kept everything. */
export function timeSavedTable(page: Page, byDefense: readonly { defense: string; methods: readonly TimedCells[] }[]): Html | undefined {
  const bodies = byDefense.flatMap(({ defense, methods }) => {
    const full = methods.find(({ cells }) => cells.every(({ method }) => method === 'full'));
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
    ${howToRead(html`What a subset costs before the model is aligned. “Saved” is in percent of the full set’s time, negative where it took longer; the selection is counted in full, though one ranking serves every defense, share and poison ratio of its seed.`)}
    ${scrollRegion(
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
    )} `;
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
