import { type Html, html } from '../html.ts';
import { scrollRegion } from '../page.ts';

/** A table that scrolls by itself where it is wide: one row of headings above its bodies, the caption for screen readers alone. */
export function headedTable(caption: string, headings: readonly (Html | string)[], bodies: readonly Html[]): Html {
  return scrollRegion(
    caption,
    '',
    html`<table>
      <caption class="unseen">
        ${caption}
      </caption>
      <thead>
        <tr>
          ${headings.map((heading) => html`<th scope="col">${heading}</th>`)}
        </tr>
      </thead>
      ${bodies}
    </table>`,
  );
}
