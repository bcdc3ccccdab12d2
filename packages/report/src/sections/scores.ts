import type { PoolRanking } from '@pharmacist/results';
import { distributionsSpec, hasDistribution } from '../charts/distributions.ts';
import { html } from '../html.ts';
import { inOrder } from '../in-order.ts';
import { howToRead, onePoolNote, type Page, panel, rankingName, scrollRegion, type Section } from '../page.ts';

/** Where the rows of each kind lie on each method's scale. */
export async function distributionsSection({ data, render }: Page): Promise<Section | undefined> {
  const { rankings } = data;
  const drawn = rankings.filter(({ rows }) => hasDistribution(rows));
  const flat = [...new Set(rankings.filter((ranking) => !drawn.includes(ranking)).map(({ method }) => method))];
  const isFirst = (ranking: PoolRanking) => drawn.find(({ method }) => method === ranking.method) === ranking;
  const draw = async (ranking: PoolRanking) => {
    const name = rankingName(ranking);
    const label = `distribution of the scores of ${name}, one row a kind`;
    return panel(html`<bdi>${name}</bdi>`, await render(distributionsSpec(ranking.rows, `score by ${ranking.method}`), label));
  };
  const first = await inOrder(drawn.filter(isFirst), draw);
  const others = await inOrder(
    drawn.filter((ranking) => !isFirst(ranking)),
    draw,
  );
  if (drawn.length === 0) return undefined;
  return {
    id: 'scores',
    heading: 'Scores by source',
    body: html`${howToRead(html`Further right is ranked earlier. Each hill shows where the rows of one source or planted kind lie (number of rows in brackets), each to its own height: compare places and widths, not heights. The solid line is the kind’s median; the dashed line is the lowest score that was kept. A method that tells kinds apart has hills that do not lie over each other. Scores of different methods have different scales.`)}
    ${onePoolNote(data)}${scrollRegion('Score distributions', 'panels', first)}
    ${flat.length === 0 ? undefined : html`<p class="note">Not drawn, since every row has the same score: <bdi>${flat.join(', ')}</bdi>.</p>`}
    ${
      others.length === 0
        ? undefined
        : html`<details>
            <summary>The same for the other seeds</summary>
            ${scrollRegion('Score distributions of the other seeds', 'panels', others)}
          </details> `
    }`,
  };
}
