import type { MethodReliability } from '@pharmacist/results';
import { reliabilitySpec } from '../charts/reliability.ts';
import { formatCount } from '../format.ts';
import { type Html, html } from '../html.ts';
import { inOrder } from '../in-order.ts';
import { howToRead, type Page, panel, scrollRegion, seriesName } from '../page.ts';
import { headedTable } from './headed-table.ts';
import { numberCell } from './planted-cells.ts';
import { seriesOfMethod } from './planted-table.ts';

/** How far probabilities that a row is good hold: a curve a method that gives them, with its numbers. */
export async function reliability(page: Page): Promise<Html | undefined> {
  const { reliabilities } = page.data;
  if (reliabilities.length === 0) return undefined;
  const drawn = await inOrder(reliabilities, async ({ method, curve }) => {
    const series = seriesOfMethod(page, method);
    return panel(
      seriesName(page, series),
      await page.render(
        reliabilitySpec(curve, series.index),
        `Share of good rows against the probability that ${method} says, with the diagonal`,
      ),
    );
  });
  return html`<h3>Probability of being good</h3>
    ${howToRead(html`Rows of all pools and seeds together, in tenths by the probability that the method gives them: on the dashed diagonal as many are good as it says, below it fewer. The calibration error is the mean distance from the diagonal; the Brier score is the mean squared error of the probabilities, beside that of saying of every row the share of good rows in its pool.`)}
    ${scrollRegion('Probability of being good by method', 'panels', drawn)} ${figuresTable(page)} ${binsTable(page)} `;
}

function figuresTable(page: Page): Html {
  const headings = [
    'Rows',
    'Rows without a probability',
    'Mean probability',
    'Good rows',
    'Calibration error',
    'Brier score',
    'Brier score of the pool’s share',
  ];
  return headedTable(
    'How far probabilities hold',
    ['Method', ...headings],
    [
      html`<tbody>
        ${page.data.reliabilities.map((one) => {
          const shares = [one.meanPredicted, one.shareGood, one.calibrationError, one.brierScore, one.brierScoreOfShare];
          return html`<tr>
            <th scope="row">${nameOf(page, one)}</th>
            ${[one.numRows, one.numUnknown].map((count) => numberCell(formatCount(count)))}
            ${shares.map((share) => numberCell(share.toFixed(3)))}
          </tr> `;
        })}
      </tbody>`,
    ],
  );
}

function binsTable(page: Page): Html {
  const bodies = page.data.reliabilities.map(
    (one) =>
      html`<tbody>
        <tr class="group">
          <th scope="rowgroup" colspan="4"><span class="stay">${nameOf(page, one)}</span></th>
        </tr>
        ${one.curve.map(
          ({ meanPredicted, observedFrequency, count }, i) =>
            html`<tr>
              <th scope="row">${i + 1}</th>
              ${numberCell(meanPredicted.toFixed(3))}${numberCell(observedFrequency.toFixed(3))}${numberCell(formatCount(count))}
            </tr> `,
        )}
      </tbody> `,
  );
  return html`<details>
    <summary>The curve as numbers</summary>
    ${headedTable('The curve as numbers', ['Tenth', 'Mean probability', 'Good rows', 'Rows'], bodies)}
  </details> `;
}

function nameOf(page: Page, { method }: MethodReliability): Html {
  return seriesName(page, seriesOfMethod(page, method));
}
