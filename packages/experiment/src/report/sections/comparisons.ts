import { type Comparison, headlineComparisons } from '../../run/comparison.ts';
import type { ResultMetric } from '../../run/result-row.ts';
import { forestSpec } from '../charts/forest.ts';
import { timeSymbol } from '../charts/symbol.ts';
import { formatShare, metricLabel } from '../format.ts';
import { type Html, html } from '../html.ts';
import { inOrder } from '../in-order.ts';
import { METRIC_INFO } from '../metric-info.ts';
import { howToRead, legend, type Page, panel, scrollRegion, type Section } from '../page.ts';

/** Methods against each other over the seeds: who is better, by how much, and whether that is secured. */
export async function comparisonsSection(page: Page): Promise<Section | undefined> {
  const { comparisons } = page.data;
  if (comparisons.length === 0) return undefined;
  const headline = headlineComparisons(comparisons);
  const metrics = [...new Set(headline.map(({ metric }) => metric))];
  const marks = legend('Marks', [
    html`<span class="key">${await timeSymbol(page.render, true)} secured</span>`,
    html`<span class="key">${await timeSymbol(page.render, false)} not secured</span>`,
  ]);
  const plots = await inOrder(metrics, async (metric) => await forestPlots(page, metric, headline));
  const rest = comparisons.filter((comparison) => !headline.includes(comparison));
  return {
    id: 'comparisons',
    heading: 'Comparisons',
    body: html`${atAGlance(page, headline, metrics)}
    ${howToRead(html`A difference is the first method’s figure minus the other’s at the same seed, averaged over the seeds; the bracket is its 95 % t interval. p is that of the paired t test; “Holm p” is corrected for the number of comparisons of the same metric, and a difference is called secured (“better”, “worse”: the first method) where it is below 0.05. “Sign flips” is an exact test without a normal distribution; with n seeds it cannot go below 2 / 2ⁿ. “Not secured” does not mean equal. Where there are several poison ratios, each seed’s figures are averaged over them.`)}
    ${scrollRegion('Comparisons', '', comparisonTable(page, headline, metrics))}${
      rest.length === 0
        ? undefined
        : html`<details>
            <summary>Each poison ratio by itself</summary>
            ${scrollRegion('Comparisons by poison ratio', '', comparisonTable(page, rest, metrics))}
          </details>`
    }${marks}
    ${plots}`,
  };
}

function atAGlance(page: Page, headline: readonly Comparison[], metrics: readonly ResultMetric[]): Html {
  const lines = metrics.flatMap((metric) =>
    referencesOf(headline, metric).map((reference) => {
      const family = headline.filter((one) => one.metric === metric && one.reference === reference);
      const numOf = (verdict: Comparison['verdict']) => family.filter((one) => one.verdict === verdict).length;
      return html`<li>
        <strong>${metricLabel(metric, page.judges)}</strong>: of ${family.length} comparisons of <bdi>${reference}</bdi> with
        ${[...new Set(family.map(({ method }) => method))].join(', ')}, it is better in ${numOf('better')}, worse in ${numOf('worse')}, and
        ${numOf('not secured')} are not secured.
      </li> `;
    }),
  );
  return html`<ul class="glance">
    ${lines}
  </ul>`;
}

async function forestPlots(page: Page, metric: ResultMetric, headline: readonly Comparison[]): Promise<Html> {
  const all = headline.filter((one) => one.metric === metric);
  const axis = [`difference, ${METRIC_INFO[metric].unit === '%' ? 'percentage points' : METRIC_INFO[metric].unit}`];
  const places = referencesOf(headline, metric).flatMap((reference) =>
    [...new Set(all.map(({ defense }) => defense))].map((defense) => ({ reference, defense })),
  );
  const panels = await inOrder(places, async ({ reference, defense }) => {
    const members = all.filter((one) => one.reference === reference && one.defense === defense);
    if (members.length === 0) return undefined;
    const name = `${metricLabel(metric, page.judges)}: ${reference} minus each other method, defense ${defense}, with 95 % intervals`;
    const title = [...axis, ...(METRIC_INFO[metric].isJudged ? [`(${page.judges})`] : [])];
    return panel(
      html`<bdi>${reference}</bdi> minus …, defense: <bdi>${defense}</bdi>`,
      await page.render(forestSpec(members, all, title), name),
    );
  });
  const side = METRIC_INFO[metric].better === 'lower' ? 'Left' : 'Right';
  return html`<h3>${metricLabel(metric, page.judges)}</h3>
    <p class="note">${side} of the dashed line is better for the first method.</p>
    ${scrollRegion(`Differences in ${METRIC_INFO[metric].label.toLowerCase()}`, 'panels', panels)} `;
}

function comparisonTable(page: Page, comparisons: readonly Comparison[], metrics: readonly ResultMetric[]): Html {
  const headings = [
    'Compared',
    'Defense',
    'Kept',
    'Poison ratio',
    'Seeds',
    'Difference',
    'p',
    'Holm p',
    'Sign flips',
    'Effect, sd',
    'Verdict',
  ];
  return html`<table>
    <caption class="unseen">
      Paired differences over the seeds
    </caption>
    <thead>
      <tr>
        ${headings.map((heading) => html`<th scope="col">${heading}</th>`)}
      </tr>
    </thead>
    ${metrics.map((metric) => {
      const rows = comparisons.filter((one) => one.metric === metric);
      return rows.length === 0
        ? undefined
        : html`<tbody>
            <tr class="group">
              <th scope="rowgroup" colspan="${headings.length}"><span class="stay">${metricLabel(metric, page.judges)}</span></th>
            </tr>
            ${rows.map(comparisonRow)}
          </tbody> `;
    })}
  </table>`;
}

function comparisonRow(comparison: Comparison): Html {
  const { metric, reference, method, defense, keep, poisonRatio, scope, numSeeds, difference, low, high, verdict } = comparison;
  const digits = METRIC_INFO[metric].digits + 1;
  const ratio = scope === 'pooled' ? 'mean of all' : poisonRatio === null ? 'before the attack' : formatShare(poisonRatio);
  const number = (value: number | null, format: (value: number) => string) =>
    value === null ? html`<td class="number none">not defined</td>` : html`<td class="number">${format(value)}</td>`;
  return html`<tr>
    <th scope="row"><bdi>${reference}</bdi> − <bdi>${method}</bdi></th>
    <td><bdi>${comparison.pool === null ? defense : `${defense}, pool ${comparison.pool}`}</bdi></td>
    <td class="number">${formatShare(keep)}</td>
    <td class="number">${ratio}</td>
    <td class="number">${numSeeds}</td>
    <td class="number">
      ${signed(difference, digits)}${low === null || high === null ? undefined : html` <span class="interval">[${signed(low, digits)}, ${signed(high, digits)}]</span>`}
    </td>
    ${number(comparison.pValue, formatP)}${number(comparison.pHolm, formatP)}${number(comparison.signFlipP, formatP)}${number(comparison.effectSize, (value) => signed(value, 2))}
    <td>
      ${verdict === 'better' ? html`<span class="badge">better</span>` : verdict === 'worse' ? html`<strong>worse</strong>` : 'not secured'}
    </td>
  </tr> `;
}

function referencesOf(comparisons: readonly Comparison[], metric: ResultMetric): string[] {
  return [...new Set(comparisons.filter((one) => one.metric === metric).map(({ reference }) => reference))];
}

function signed(value: number, digits: number): string {
  const text = Math.abs(value).toFixed(digits);
  return `${value < 0 && Number(text) !== 0 ? '−' : value > 0 && Number(text) !== 0 ? '+' : ''}${text}`;
}

function formatP(p: number): string {
  return p < 0.0001 ? '< 0.0001' : p.toFixed(4);
}
