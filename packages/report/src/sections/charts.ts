import { beforeAfterSpec, hasBeforeAfter, type MetricPair } from '../charts/before-after.ts';
import { poisonLinesSpec } from '../charts/poison-lines.ts';
import { timeSymbol } from '../charts/symbol.ts';
import { hasTradeOff, tradeOffSpec } from '../charts/trade-off.ts';
import { axisTitle, metricLabel } from '../format.ts';
import { type Html, html } from '../html.ts';
import { inOrder } from '../in-order.ts';
import { howToRead, legend, type Page, panel, scrollRegion, type Section, seriesLegend } from '../page.ts';
import { stripsOf } from './strips.ts';

/** Harmful score against task accuracy: a panel a defense, a strip of panels a poison ratio. */
export async function tradeOffSection(page: Page): Promise<Section | undefined> {
  const groups = page.summary.groups.filter(hasTradeOff);
  if (groups.length === 0) return undefined;
  const titles = { x: metricLabel('harmfulScoreAfter', page.judges), y: metricLabel('taskAccuracyAfter', page.judges) };
  const axes = { x: axisTitle('harmfulScoreAfter', page.judges), y: axisTitle('taskAccuracyAfter', page.judges) };
  const strips = await inOrder(stripsOf(groups), async ([name, members]) => {
    const panels = await inOrder(members, async (group) => {
      const label = `${titles.y} against ${titles.x}, ${name}, defense ${group.defense}, with 95 % intervals`;
      return panel(html`Defense: <bdi>${group.defense}</bdi>`, await page.render(tradeOffSpec(group, groups, axes), label));
    });
    return html`<h3>${name}</h3>
      ${scrollRegion(`Harmful score against task accuracy, ${name}`, 'panels', panels)} `;
  });
  return {
    id: 'trade-off',
    heading: 'Harmful score against task accuracy',
    body: html`${howToRead(html`Up and to the left is better: fewer harmful answers (${page.judges}), more correct ones. A mark is a method’s mean over the seeds, its lines are the 95 % intervals of the table. All panels share their axes.`)}
    ${seriesLegend(page)} ${strips}`,
  };
}

/** Harmful score by poison ratio: a panel a defense. */
export async function poisonSection(page: Page): Promise<Section | undefined> {
  const { groups, settings, defenses, poisonRatios } = page.summary;
  const measured = groups.filter(({ entries }) => entries.some(({ estimates }) => estimates.harmfulScoreAfter !== undefined));
  if (poisonRatios.length < 2 || measured.length === 0) return undefined;
  const title = metricLabel('harmfulScoreAfter', page.judges);
  const axes = { x: ['harmful rows in the user’s data, %'], y: axisTitle('harmfulScoreAfter', page.judges) };
  const strips = await inOrder(settings, async (setting) => {
    const panels = await inOrder(defenses, async (defense) => {
      const members = measured.filter((group) => group.setting === setting && group.defense === defense);
      if (members.length === 0) return undefined;
      const label = `${title} by poison ratio, defense ${defense}, one line a method, with 95 % intervals`;
      return panel(html`Defense: <bdi>${defense}</bdi>`, await page.render(poisonLinesSpec(members, measured, axes), label));
    });
    return html`${settingHeading(setting)}${scrollRegion(`Harmful score by poison ratio${setting === '' ? '' : `, ${setting}`}`, 'panels', panels)} `;
  });
  return {
    id: 'poison-ratio',
    heading: 'Harmful score by poison ratio',
    body: html`${howToRead(html`Lower is better (${page.judges}), and a flatter line resists more poison. Vertical lines are 95 % intervals; marks at one poison ratio are set slightly apart so that their intervals can be told apart. All panels share their axes.`)}
    ${seriesLegend(page)} ${strips}`,
  };
}

const PAIRS: readonly (MetricPair & { name: string })[] = [
  { name: 'Harmful score', before: 'harmfulScoreBefore', after: 'harmfulScoreAfter' },
  { name: 'Task accuracy', before: 'taskAccuracyBefore', after: 'taskAccuracyAfter' },
];

/** What the user's fine-tuning changed: a panel a metric and poison ratio. */
export async function beforeAfterSection(page: Page): Promise<Section | undefined> {
  const pairs = PAIRS.filter((pair) => page.summary.groups.some((group) => hasBeforeAfter(group, pair)));
  if (pairs.length === 0) return undefined;
  const strips = await inOrder(pairs, async (pair) => {
    const groups = page.summary.groups.filter((group) => hasBeforeAfter(group, pair));
    const title = metricLabel(pair.after, page.judges).replace(' after', '');
    const axis = axisTitle(pair.after, page.judges).map((line) => line.replace(' after', ''));
    const panels = await inOrder(stripsOf(groups), async ([name, members]) => {
      const label = `${title} before and after the attack, ${name}, by defense and method`;
      return panel(name, await page.render(beforeAfterSpec(members, groups, pair, axis), label));
    });
    return html`<h3>${title}</h3>
      ${scrollRegion(`${pair.name} before and after the attack`, 'panels wide', panels)} `;
  });
  const times = legend('Marks', [
    html`<span class="key">${await timeSymbol(page.render, false)} before the attack</span>`,
    html`<span class="key">${await timeSymbol(page.render, true)} after the attack</span>`,
  ]);
  return {
    id: 'before-after',
    heading: 'Before and after the attack',
    body: html`${howToRead(html`Each line runs from the aligned model (hollow mark) to the same model after the user’s fine-tuning (filled mark), as means over the seeds. A long line to the right is damage for the harmful score (${page.judges}) and a gain for task accuracy.`)}
    ${times} ${seriesLegend(page)} ${strips}`,
  };
}

function settingHeading(setting: string): Html | undefined {
  return setting === '' ? undefined : html`<h3>${setting}</h3> `;
}
