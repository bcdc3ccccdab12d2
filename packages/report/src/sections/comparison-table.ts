import { type Comparison, METRIC_INFO, type ResultMetric } from '@pharmacist/results';
import { formatShare, metricLabel } from '../format.ts';
import { type Html, html } from '../html.ts';
import type { Page } from '../page.ts';

interface Column {
  readonly heading: string;
  readonly cell: (comparison: Comparison) => Html;
}

/** One row a comparison, grouped by metric: what is concluded first, then what it rests on. What is equal in all rows has no column. */
export function comparisonTable(page: Page, comparisons: readonly Comparison[], metrics: readonly ResultMetric[]): Html {
  const columns = columnsFor(comparisons);
  return html`<table>
    <caption class="unseen">
      Paired differences over the seeds
    </caption>
    <thead>
      <tr>
        <th scope="col">Compared</th>
        ${columns.map(({ heading }) => html`<th scope="col">${heading}</th>`)}
      </tr>
    </thead>
    ${metrics.map((metric) => {
      const rows = comparisons.filter((one) => one.metric === metric);
      return rows.length === 0
        ? undefined
        : html`<tbody>
            <tr class="group">
              <th scope="rowgroup" colspan="${columns.length + 1}"><span class="stay">${metricLabel(metric, page.judges)}</span></th>
            </tr>
            ${rows.map(
              (row) =>
                html`<tr>
                  <th scope="row"><bdi>${row.reference}</bdi> − <bdi>${row.method}</bdi></th>
                  ${columns.map(({ cell }) => cell(row))}
                </tr> `,
            )}
          </tbody> `;
    })}
  </table>`;
}

function columnsFor(comparisons: readonly Comparison[]): Column[] {
  const where = (heading: string, isShown: boolean, text: (comparison: Comparison) => string | number): Column[] =>
    isShown ? [{ heading, cell: (comparison) => html`<td class="number"><bdi>${text(comparison)}</bdi></td>` }] : [];
  const isVaried = (of: (comparison: Comparison) => string | number | null) => new Set(comparisons.map(of)).size > 1;
  const number = (heading: string, value: (comparison: Comparison) => number | null, format: (value: number) => string): Column => ({
    heading,
    cell: (comparison) => {
      const found = value(comparison);
      return found === null ? html`<td class="number none">not defined</td>` : html`<td class="number">${format(found)}</td>`;
    },
  });
  return [
    ...where('Defense', true, ({ defense }) => defense),
    ...where(
      'Pool',
      isVaried(({ pool }) => pool),
      ({ pool }) => pool ?? '–',
    ),
    ...where(
      'Kept',
      isVaried(({ keep }) => keep),
      ({ keep }) => formatShare(keep),
    ),
    ...where(
      'Poison ratio',
      comparisons.some(({ poisonRatio }) => poisonRatio !== null),
      ratioWords,
    ),
    ...where(
      'Seeds',
      isVaried(({ numSeeds }) => numSeeds),
      ({ numSeeds }) => numSeeds,
    ),
    { heading: 'Difference', cell: differenceCell },
    { heading: 'Verdict', cell: verdictCell },
    number('Holm p', ({ pHolm }) => pHolm, formatP),
    number('p', ({ pValue }) => pValue, formatP),
    number('Sign flips', ({ signFlipP }) => signFlipP, formatP),
    number(
      'Effect, sd',
      ({ effectSize }) => effectSize,
      (value) => signed(value, 2),
    ),
  ];
}

function ratioWords({ scope, poisonRatio }: Comparison): string {
  if (scope === 'pooled') return 'mean of all';
  return poisonRatio === null ? 'before the attack' : formatShare(poisonRatio);
}

function differenceCell({ metric, difference, low, high }: Comparison): Html {
  const { digits } = METRIC_INFO[metric];
  const interval =
    low === null || high === null ? undefined : html` <span class="interval">[${signed(low, digits)}, ${signed(high, digits)}]</span>`;
  return html`<td class="number">${signed(difference, digits)}${interval}</td>`;
}

function verdictCell({ verdict }: Comparison): Html {
  if (verdict === 'better') return html`<td><span class="badge">better</span></td>`;
  return verdict === 'worse' ? html`<td><strong>worse</strong></td>` : html`<td class="number none">not secured</td>`;
}

function signed(value: number, digits: number): string {
  const text = Math.abs(value).toFixed(digits);
  if (Number(text) === 0) return text;
  return `${value < 0 ? '−' : '+'}${text}`;
}

function formatP(p: number): string {
  return p < 0.0001 ? '< 0.0001' : p.toFixed(4);
}
