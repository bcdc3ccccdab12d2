import { distinct } from '@pharmacist/core';
import { atLargestKeep, figuresByStratum, plantedEstimate, type PlantedFigure, type RankingResult } from '@pharmacist/results';
import { type Html, html } from '../html.ts';
import { type Page, seriesName } from '../page.ts';
import { headedTable } from './headed-table.ts';
import { boundedCell } from './planted-cells.ts';
import { seriesOfMethod } from './planted-table.ts';

/** Kinds and their forms down, methods across: which form of which kind a method tells from good rows. */
export function strataTable(page: Page, caption: string, all: readonly RankingResult[]): Html {
  const results = atLargestKeep(all);
  const methods = distinct(results.map(({ method }) => method));
  const headings = methods.map((method) => seriesName(page, seriesOfMethod(page, method)));
  const rows = figuresByStratum(results).map((figure) => {
    const cells = methods.map((method) =>
      cell(
        results.filter((result) => result.method === method),
        figure,
      ),
    );
    return html`<tr>
      <th scope="row">${heading(figure)}</th>
      ${cells}
    </tr> `;
  });
  return headedTable(
    caption,
    ['Rows', ...headings],
    [
      html`<tbody>
        ${rows}
      </tbody>`,
    ],
  );
}

function heading({ name, isStratum, measure }: PlantedFigure): Html {
  return html`<span class="${isStratum ? 'form' : 'kind'}"><bdi>${name}</bdi>${measure === 'precision' ? ', %' : ''}</span>`;
}

function cell(results: readonly RankingResult[], { measure, figureOf }: PlantedFigure): Html {
  const estimate = plantedEstimate(results, figureOf);
  return measure === 'precision' ? boundedCell(estimate, 100, 1) : boundedCell(estimate, 1, 2);
}
