import { distinct } from '@pharmacist/core';
import {
  atLargestKeep,
  type FigureOf,
  figuresByStratum,
  ofKind,
  otherKinds,
  plantedEstimate,
  type RankingResult,
} from '@pharmacist/results';
import { aurocDotsSpec } from '../charts/auroc-dots.ts';
import { aurocRatesSpec, type KindRates } from '../charts/auroc-rates.ts';
import { formatShare } from '../format.ts';
import { type Html, html } from '../html.ts';
import { inOrder } from '../in-order.ts';
import { howToRead, legend, type Page, panel, scrollRegion, type Section, seriesName } from '../page.ts';
import type { ReportPool } from '../report-data.ts';
import { plantedTable, poolWords, seriesOfMethod } from './planted-table.ts';
import { reliability } from './reliability.ts';
import { strataTable } from './strata-table.ts';

const OVERALL: FigureOf = ({ auroc }) => auroc;

/** How well each method told planted kinds apart: by kind, by rate, and as a table. */
export async function plantedSection(page: Page): Promise<Section | undefined> {
  const { rankingResults, pools } = page.data;
  const results = rankingResults.filter(({ auroc }) => auroc !== null);
  if (results.length === 0) return undefined;
  const hasSeveral = pools.length > 1;
  const bodies = pools.map((pool) => ({ heading: poolWords(pool), results: results.filter((result) => result.pool === pool.label) }));
  const whole = hasSeveral || bodies.length === 0 ? [{ results }] : bodies;
  return {
    id: 'planted',
    heading: 'Planted kinds',
    body: html`${howToRead(html`The kind of each row was known beforehand and hidden from the methods (all but the oracle, which ranks by it: no method can pass it). AUROC is the chance that a good row is ranked above one of that kind: 1 is perfect, 0.5 (dashed) is chance. ${seedWords(page)}${hasSeveral ? ' Figures of several pools are averaged within a seed first.' : ''}`)}
      ${await dots(page)}${await rates(page)}${strata(page, results)}${await reliability(page)}
      <h3>${hasSeveral ? `Mean over ${pools.length} pools` : 'By method'}</h3>
      ${howToRead(html`${shareGoodWords(page)}Average precision is the mean share of good rows above and at each good row; by chance it is the share of good rows. Stability is the mean rank correlation of a method’s rankings with two seeds, over the rows that both ranked: 1 is the same order. ${stabilityWords(pools)}Time holds reading and compiling; a step that another method had compiled before costs nothing again. Rows forward counts a row once for each time it went through the model, rows forward and backward once for each gradient.`)}
      ${plantedTable(page, 'Planted kinds by method', whole, 'overall')}
      <details>
        <summary>Kind by kind as numbers</summary>
        ${plantedTable(page, 'Each planted kind by method', whole, 'kinds')}
      </details>
      ${
        hasSeveral
          ? html`<details>
              <summary>Pool by pool as numbers</summary>
              ${plantedTable(page, 'Planted kinds by pool and method', bodies, 'overall')}
              ${plantedTable(page, 'Each planted kind by pool and method', bodies, 'kinds')}
            </details> `
          : undefined
      }`,
  };
}

/** By the forms of each kind, where rows name them: the mean over the pools, then each pool. */
function strata(page: Page, results: readonly RankingResult[]): Html | undefined {
  const { pools } = page.data;
  if (figuresByStratum(results).length === 0) return undefined;
  const mean = pools.length > 1 ? `Mean over ${pools.length} pools` : 'By kind, form and method';
  return html`<h3>By form of each kind</h3>
    ${howToRead(html`AUROC of all good rows against the rows of a kind and, set in, against one form of it; under “good against all” one form of good rows against all rows that are not good. A form may have few rows in a pool: mind the intervals.`)}
    ${strataTable(page, mean, results)}
    ${
      pools.length > 1
        ? html`<details>
            <summary>Pool by pool</summary>
            ${pools.map(
              ({ label }) =>
                html`<h4>Pool <bdi>${label}</bdi></h4>
                  ${strataTable(
                    page,
                    `Forms of each kind in the pool ${label}`,
                    results.filter((result) => result.pool === label),
                  )} `,
            )}
          </details> `
        : undefined
    }`;
}

async function dots(page: Page): Promise<Html> {
  const results = atLargestKeep(page.data.rankingResults);
  const kinds = otherKinds(results);
  // One kind: against it is against all.
  const panels = [
    ...(kinds.length === 1 ? [] : [{ name: 'all other kinds', figureOf: OVERALL }]),
    ...kinds.map((kind) => ({ name: kind, figureOf: ofKind(kind, 'auroc') })),
  ];
  const overall = (method: string) =>
    plantedEstimate(
      results.filter((result) => result.method === method),
      OVERALL,
    )?.value ?? 0;
  const order = distinct(results.map(({ method }) => method)).sort((a, b) => overall(b) - overall(a));
  const all = panels.map(({ figureOf }) => figureOf);
  const seriesOf = (method: string) => seriesOfMethod(page, method).index;
  const drawn = await inOrder(panels, async ({ name, figureOf }) =>
    panel(
      html`Good rows against <bdi>${name}</bdi>`,
      await page.render(
        aurocDotsSpec({ results, figureOf, all, order, seriesOf }),
        `AUROC of good rows against ${name} by method, with intervals over the seeds`,
      ),
    ),
  );
  return html`<h3>By kind</h3>
    ${scrollRegion('AUROC by kind and method', 'panels', drawn)} `;
}

async function rates(page: Page): Promise<Html | undefined> {
  const all = ratesOf(page.data.pools);
  if (all.length === 0) return undefined;
  const results = atLargestKeep(page.data.rankingResults);
  const methods = distinct(results.map(({ method }) => method));
  const seriesOf = (method: string) => seriesOfMethod(page, method).index;
  const drawn = await inOrder(all, async (kind) =>
    panel(
      html`Pools of good and <bdi>${kind.kind}</bdi> rows`,
      await page.render(
        aurocRatesSpec({ results, kind, all, methods, seriesOf }),
        `AUROC of good rows against the share of ${kind.kind} rows, one line a method`,
      ),
    ),
  );
  return html`<h3>By share of the kind</h3>
    ${howToRead(html`How many poor rows a pool may hold before a method loses sight of the good ones: a flat line does not care. Means over the seeds; intervals are in the tables pool by pool. Marks at one share are set slightly apart. All panels share their axes.`)}
    ${legend(
      'Methods',
      methods.map((method) => seriesName(page, seriesOfMethod(page, method))),
    )}
    ${scrollRegion('AUROC by share of one kind', 'panels', drawn)} `;
}

/** Kinds that some pools hold alone beside the good rows, at two shares or more. */
function ratesOf(pools: readonly ReportPool[]): KindRates[] {
  const byKind = new Map<string, { label: string; rate: number }[]>();
  for (const { label, size, counts } of pools) {
    const [, other, ...more] = Object.entries(counts);
    if (other === undefined || more.length > 0) continue;
    const [kind, count] = other;
    byKind.set(kind, [...(byKind.get(kind) ?? []), { label, rate: count / size }]);
  }
  return [...byKind]
    .map(([kind, members]) => ({ kind, pools: members }))
    .filter(({ pools: members }) => new Set(members.map(({ rate }) => rate)).size > 1);
}

function seedWords({ data: { rankingResults } }: Page): string {
  const numSeeds = distinct(rankingResults.map(({ seed }) => seed)).length;
  return numSeeds === 1
    ? 'There is one seed, so there are no intervals.'
    : `Values are means over ${numSeeds} seeds, with the 95 % t interval over them, which is wide with few seeds; no interval stands where every seed gave the same value.`;
}

function shareGoodWords({ data: { rankingResults } }: Page): string {
  const shares = distinct(rankingResults.flatMap(({ shareGood }) => shareGood ?? []));
  return shares.length === 1
    ? `Good rows are ${formatShare(shares[0]!)} of the pool: a subset drawn blindly has as many. `
    : 'A subset drawn blindly has as many good rows as its pool. ';
}

function stabilityWords(pools: readonly ReportPool[]): string {
  if (!pools.some(({ isSame }) => !isSame)) return 'Every seed ranked the same rows. ';
  return 'Where each seed drew its own pool, it holds what the other rows do to a row’s score, too. ';
}
