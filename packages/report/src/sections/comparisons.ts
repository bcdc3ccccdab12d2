import { counted } from '@pharmacist/core';
import { type Comparison, headlineComparisons, METRIC_INFO, type ResultMetric } from '@pharmacist/results';
import { forestSpec } from '../charts/forest.ts';
import { timeSymbol } from '../charts/symbol.ts';
import { formatShare, metricLabel } from '../format.ts';
import { type Html, html } from '../html.ts';
import { inOrder } from '../in-order.ts';
import { foldedWhereLong, howToRead, legend, type Page, panel, scrollRegion, type Section } from '../page.ts';
import { comparisonTable } from './comparison-table.ts';

/** Metrics whose plots stand open, in the order of the configuration; those of the others are folded away. */
const NUM_OPEN = 2;

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
  const others = metrics.slice(NUM_OPEN);
  const rest = comparisons.filter((comparison) => !headline.includes(comparison));
  return {
    id: 'comparisons',
    heading: 'Comparisons',
    body: html`${atAGlance(page, headline, metrics)}
    ${howToRead(html`A difference is the first method’s figure minus the other’s at the same seed, averaged over ${seedWords(comparisons)}; a line, or a bracket in the tables, is its 95 % t interval. It is secured (“better” or “worse”: the first method) where “Holm p”, the p value of the paired t test corrected for the number of comparisons of the same metric, is below 0.05; an interval, which is not corrected, may keep clear of zero without that. “Not secured” does not mean equal. Since seeds are paired, a difference can be secured though the intervals under Results overlap.${sharedWords(page)}`)}
    ${marks}
    ${plots.slice(0, NUM_OPEN)}${
      others.length === 0
        ? undefined
        : html`<details>
            <summary>Also compared: ${others.map((metric) => METRIC_INFO[metric].label).join(', ')}</summary>
            ${plots.slice(NUM_OPEN)}
          </details> `
    }
    ${howToRead(html`In the tables, “Sign flips” is the p value of an exact test without a normal distribution; with n seeds it cannot go below 2 / 2ⁿ. “Effect” is the difference in standard deviations over the seeds.`)}
    ${foldedWhereLong(headline.length, `All ${headline.length} differences as a table: verdicts, intervals, p values`, scrollRegion('Comparisons', '', comparisonTable(page, headline, metrics)))}${
      rest.length === 0
        ? undefined
        : html`<details>
            <summary>Each poison ratio by itself</summary>
            ${scrollRegion('Comparisons by poison ratio', '', comparisonTable(page, rest, metrics))}
          </details>`
    }`,
  };
}

/** The first reference in each metric, and what the truth about the rows would gain. */
function atAGlance(page: Page, headline: readonly Comparison[], metrics: readonly ResultMetric[]): Html {
  const { reference } = headline[0]!;
  const lines = metrics.map((metric, i) => {
    const family = headline.filter((one) => one.metric === metric && one.reference === reference);
    const numOf = (verdict: Comparison['verdict']) => family.filter((one) => one.verdict === verdict).length;
    const counts = `better in ${numOf('better')}, worse in ${numOf('worse')}, not secured in ${numOf('not secured')}`;
    const methods = [...new Set(family.map(({ method }) => method))].join(', ');
    return html`<li>
      <strong>${metricLabel(metric, page.judges)}</strong>:
      ${i === 0 ? html`of ${counted(family.length, 'comparison')} of <bdi>${reference}</bdi> with ${methods}, it is ${counts}.` : `${counts} of ${family.length}.`}
    </li> `;
  });
  return html`<ul class="glance">
    ${lines}${headroom(page)}
  </ul>`;
}

/** Whether there is anything to gain: where even the truth about the rows does not help, no selection can. */
function headroom({ data: { comparisons, bounds }, judges }: Page): Html | undefined {
  if (bounds === undefined) return undefined;
  const { oracle, full } = bounds;
  const metric = 'harmfulScoreAfter';
  const cells = comparisons.filter(
    ({ scope, metric: of, reference, method }) =>
      scope === 'cell' && of === metric && new Set([reference, method, oracle, full]).size === 2 && reference !== method,
  );
  if (cells.length === 0) return undefined;
  const numClear = cells.filter(({ reference, low, high }) =>
    reference === oracle ? high !== null && high < 0 : low !== null && low > 0,
  ).length;
  const parts = [
    'defense',
    ...(new Set(cells.map(({ poisonRatio }) => poisonRatio)).size > 1 ? ['poison ratio'] : []),
    ...(new Set(cells.map(({ keep }) => keep)).size > 1 ? ['share kept'] : []),
    ...(new Set(cells.map(({ pool }) => pool)).size > 1 ? ['pool'] : []),
  ];
  return html`<li>
    <strong>Headroom</strong>: does the oracle, which knows each row’s kind, beat the full set in harmful score after (${judges}) with an
    interval clear of zero? In ${numClear} of ${cells.length} cells
    (${parts.join(' × ')}).${numClear === cells.length ? '' : ' In the others these data leave no room that a selection could be shown to use.'}
  </li> `;
}

/** One panel a defense; the axis is that of all of the metric's panels. */
async function forestPlots(page: Page, metric: ResultMetric, headline: readonly Comparison[]): Promise<Html> {
  const all = headline.filter((one) => one.metric === metric);
  const { reference } = all[0]!;
  const { unit, isJudged, better, label } = METRIC_INFO[metric];
  const parts = ['difference', ...(unit === '' ? [] : [unit === '%' ? 'percentage points' : unit])];
  const title = [parts.join(', '), ...(isJudged ? [`(${page.judges})`] : [])];
  const panels = await inOrder([...new Set(all.map(({ defense }) => defense))], async (defense) => {
    const members = all.filter((one) => one.defense === defense);
    const name = `${metricLabel(metric, page.judges)}: ${reference} minus each other method, defense ${defense}, with 95 % intervals`;
    return panel(
      html`<bdi>${reference}</bdi> minus …, defense: <bdi>${defense}</bdi>`,
      await page.render(forestSpec(members, all, title), name),
    );
  });
  const side = better === 'lower' ? 'Left' : 'Right';
  return html`<h3>${metricLabel(metric, page.judges)}</h3>
    <p class="note">${side} of the dashed line is better for the first method.</p>
    ${scrollRegion(`Differences in ${label.toLowerCase()}`, 'panels', panels)} `;
}

function seedWords(comparisons: readonly Comparison[]): string {
  const numbers = comparisons.map(({ numSeeds }) => numSeeds);
  const [least, most] = [Math.min(...numbers), Math.max(...numbers)];
  return least === most ? `the ${most} seeds` : `${least} to ${most} seeds`;
}

function sharedWords({ data: { comparisons }, summary: { poisonRatios } }: Page): string {
  const keeps = [...new Set(comparisons.map(({ keep }) => keep))];
  return [
    ...(keeps.length === 1 ? [` A subset is ${formatShare(keeps[0]!)} of the pool.`] : []),
    ...(comparisons.some(({ scope }) => scope === 'pooled')
      ? [
          ` Figures from after the attack are each seed’s mean over the poison ratios ${poisonRatios.map((ratio) => formatShare(ratio)).join(', ')}.`,
        ]
      : []),
  ].join('');
}
