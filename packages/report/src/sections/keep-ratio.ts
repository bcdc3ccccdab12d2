import type { ResultMetric } from '@pharmacist/results';
import { keepLinesSpec, keepPoints } from '../charts/keep-lines.ts';
import { seriesSymbol } from '../charts/symbol.ts';
import { axisTitle, metricLabel } from '../format.ts';
import { html } from '../html.ts';
import { inOrder } from '../in-order.ts';
import { howToRead, legend, type Page, panel, scrollRegion, type Section } from '../page.ts';
import { stripsOf } from './strips.ts';

const METRICS: readonly ResultMetric[] = ['harmfulScoreAfter', 'taskAccuracyAfter'];

/** Harmful score and task accuracy by the share that is kept: a panel a defense, a strip a metric and poison ratio. */
export async function keepRatioSection(page: Page): Promise<Section | undefined> {
  const { results } = page.data;
  const methods = [...new Set(results.map(({ method }) => method))];
  const isVaried = methods.some((method) => new Set(results.filter((row) => row.method === method).map(({ keep }) => keep)).size > 1);
  const measured = METRICS.filter((metric) => page.summary.groups.some((group) => keepPoints(group, metric, methods).length > 0));
  if (!isVaried || measured.length === 0) return undefined;
  const keys = await inOrder(methods, async (label, index) => {
    return html`<span class="key">${await seriesSymbol(page.render, { index, label })} <bdi>${label}</bdi></span>`;
  });
  const strips = await inOrder(measured, async (metric) => {
    const groups = page.summary.groups.filter((group) => keepPoints(group, metric, methods).length > 0);
    const titles = { x: ['share of the pool that is kept, %'], y: axisTitle(metric, page.judges) };
    const regions = await inOrder(stripsOf(groups), async ([name, members]) => {
      const panels = await inOrder(members, async (group) => {
        const label = `${metricLabel(metric, page.judges)} by the share kept, ${name}, defense ${group.defense}, one line a method, with 95 % intervals`;
        return panel(
          html`Defense: <bdi>${group.defense}</bdi>`,
          await page.render(keepLinesSpec(group, groups, { metric, methods, titles }), label),
        );
      });
      return html`<h4>${name}</h4>
        ${scrollRegion(`${metricLabel(metric, page.judges)} by the share kept, ${name}`, 'panels', panels)} `;
    });
    return html`<h3>${metricLabel(metric, page.judges)}</h3>
      ${regions}`;
  });
  return {
    id: 'keep-ratio',
    heading: 'By the share of the pool that is kept',
    body: html`${howToRead(html`Lower is better for the harmful score (${page.judges}), higher for task accuracy. A line is a method over the shares; the full set, which keeps everything, stands at 100 %. Vertical lines are 95 % intervals; marks at one share are set slightly apart. All panels of a metric share their axes.`)}
    ${legend('Methods', keys)} ${strips}`,
  };
}
