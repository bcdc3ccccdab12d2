import type { PoolRanking, RankingRow } from '@pharmacist/results';
import { formatCount, formatNumber } from '../format.ts';
import { type Html, html } from '../html.ts';
import { howToRead, onePoolNote, type Page, rankingName, type Section } from '../page.ts';

const NUM_SHOWN = 10;
const MAX_CHARACTERS = 1500;
/** Shown in words. */
const WHY_COLUMNS = new Set(['nearest_kept_similarity', 'duplicate_group']);

/** The ends of every ranking, closed until the reader asks for them. */
export function rankedRowsSection({ data }: Page): Section | undefined {
  const { rankings } = data;
  if (rankings.length === 0) return undefined;
  return {
    id: 'rows',
    heading: 'Best and worst rows',
    body: html`${howToRead(html`The ten rows that each method ranks first and the ten that it ranks last, as they stand in the data. The first should be good safety examples, the last poor or beside the point.`)}
      ${onePoolNote(data)}
      <details class="warning">
        <summary>
          <strong>Content warning:</strong> the rows may hold harmful, hateful or distressing text. Show the list of rankings
        </summary>
        ${rankings.map(rankingDetails)}
      </details>`,
  };
}

function rankingDetails(ranking: PoolRanking): Html {
  const rows = [...ranking.rows].sort((a, b) => a.rank - b.rank);
  const best = rows.slice(0, NUM_SHOWN);
  const worst = rows.slice(Math.max(NUM_SHOWN, rows.length - NUM_SHOWN));
  return html`<details>
    <summary><bdi>${rankingName(ranking)}</bdi>: ${best.length + worst.length} of ${formatCount(rows.length)} rows</summary>
    <h3>Ranked first by <bdi>${rankingName(ranking)}</bdi></h3>
    <ol class="rows">
      ${best.map(rankedRow)}
    </ol>
    ${
      worst.length === 0
        ? undefined
        : html`<h3>Ranked last by <bdi>${rankingName(ranking)}</bdi></h3>
            <ol class="rows">
              ${worst.map(rankedRow)}
            </ol> `
    }
  </details> `;
}

function rankedRow(row: RankingRow): Html {
  const { id, rank, score, selected, kind, prompt, response, columns } = row;
  const facts: [string, string][] = [
    ['id', id],
    ...(kind === undefined ? [] : [['kind', kind] as [string, string]]),
    ['score', formatNumber(score)],
    ...Object.entries(columns).flatMap(([name, value]): [string, string][] => (WHY_COLUMNS.has(name) ? [] : [[name, formatNumber(value)]])),
  ];
  return html`<li value="${rank}">
    <p class="facts">
      <strong>Rank ${formatCount(rank)}</strong>,
      ${selected ? 'kept' : 'not kept'}${facts.map(([name, value]) => html` · <bdi>${name}</bdi> <bdi>${value}</bdi>`)}
    </p>
    ${whyOf(row)}
    <p class="label">Prompt</p>
    <p class="text" dir="auto">${shortened(prompt)}</p>
    <p class="label">Response</p>
    <p class="text" dir="auto">${shortened(response)}</p>
  </li> `;
}

/** Neighbour, near-duplicates and flags in words; nothing where the ranking was not explained. */
function whyOf({ columns, texts = {} }: RankingRow): Html | undefined {
  const { nearest_kept: nearest, flags } = texts;
  const { nearest_kept_similarity: similarity, duplicate_group: group } = columns;
  const parts = [
    ...(nearest === undefined || similarity === undefined
      ? []
      : [html`nearest kept row <bdi>${nearest}</bdi> (similarity ${similarity.toFixed(3)})`]),
    ...(group === undefined ? [] : [html`near-duplicates in group ${group}`]),
    ...(flags === undefined ? [] : [html`flags: <bdi>${flags.split(',').join(', ')}</bdi>`]),
  ];
  if (parts.length === 0) return undefined;
  return html`<p class="facts"><strong>Why</strong>${parts.map((part) => html` · ${part}`)}</p>`;
}

function shortened(text: string): Html {
  if (text === '') return html`<em>(empty)</em>`;
  const characters = Array.from(text);
  if (characters.length <= MAX_CHARACTERS) return html`${text}`;
  const rest = formatCount(characters.length - MAX_CHARACTERS);
  return html`${characters.slice(0, MAX_CHARACTERS).join('')}<em> … ${rest} more characters are in the data</em>`;
}
