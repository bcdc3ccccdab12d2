import type { RankingResult } from '../../run/ranking-results.ts';
import { type Html, html } from '../html.ts';
import { type Page, scrollRegion, seriesName } from '../page.ts';
import { figuresByStratum, type PlantedFigure } from '../planted-figures.ts';
import { atLargestKeep, distinct, plantedEstimate } from '../planted-summary.ts';
import { boundedCell } from './planted-cells.ts';
import { seriesOfMethod } from './planted-table.ts';

/** Kinds and their forms down, methods across: which form of which kind a method tells from good rows. */
export function strataTable(page: Page, caption: string, all: readonly RankingResult[]): Html {
  const results = atLargestKeep(all);
  const methods = distinct(results.map(({ method }) => method));
  return scrollRegion(
    caption,
    '',
    html`<table>
      <caption class="unseen">
        ${caption}
      </caption>
      <thead>
        <tr>
          <th scope="col">Rows</th>
          ${methods.map((method) => html`<th scope="col">${seriesName(page, seriesOfMethod(page, method))}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${figuresByStratum(results).map(
          (figure) =>
            html`<tr>
              <th scope="row">${heading(figure)}</th>
              ${methods.map((method) =>
                cell(
                  results.filter((result) => result.method === method),
                  figure,
                ),
              )}
            </tr> `,
        )}
      </tbody>
    </table>`,
  );
}

function heading({ name, isStratum, measure }: PlantedFigure): Html {
  return html`<span class="${isStratum ? 'form' : 'kind'}"><bdi>${name}</bdi>${measure === 'precision' ? ', %' : ''}</span>`;
}

function cell(results: readonly RankingResult[], { measure, figureOf }: PlantedFigure): Html {
  const estimate = plantedEstimate(results, figureOf);
  return measure === 'precision' ? boundedCell(estimate, 100, 1) : boundedCell(estimate, 1, 2);
}
