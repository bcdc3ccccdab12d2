import { counted } from '@pharmacist/core';
import { METRIC_INFO, type ResultMetric } from '@pharmacist/results';
import { metricLabel } from '../format.ts';
import { type Html, html } from '../html.ts';
import { foldedWhereLong, howToRead, type Page, type Section } from '../page.ts';
import { clearlyBest, type Estimate, type Summary } from '../summary.ts';
import { ALIGN_TIME_COLUMN, metricColumn, resultTables, ROWS_COLUMN, SEEDS_COLUMN, SELECT_TIME_COLUMN } from './results-table.ts';

const HEADLINE: readonly ResultMetric[] = ['harmfulScoreAfter', 'taskAccuracyAfter', 'harmfulScoreBefore', 'taskAccuracyBefore'];
const SECOND: readonly ResultMetric[] = [
  'notRefusedBefore',
  'notRefusedAfter',
  'overRefusalBefore',
  'overRefusalAfter',
  'harmfulScorePlusAfter',
  'marginBefore',
  'marginAfter',
  'harmfulPreferenceBefore',
  'harmfulPreferenceAfter',
  'perplexityBefore',
  'perplexityAfter',
];

/** Who is clearly best how often, and the table that the run is made for. */
export function resultsSection(page: Page): Section {
  const columns = [...HEADLINE.map(metricColumn), ROWS_COLUMN, SELECT_TIME_COLUMN, ALIGN_TIME_COLUMN, SEEDS_COLUMN];
  return {
    id: 'results',
    heading: 'Results',
    body: html`${atAGlance(page)}
    ${howToRead(html`Each row is one selection method; compare rows under the same defense only. “Before” and “after” mean the user’s fine-tuning, the attack. ${intervalWords(page.summary)} The word “best” stands only where a value’s interval touches no other method’s; without it, these data do not tell the methods apart. Overlapping intervals do not prove that methods are equal.`)}
    ${resultTables(page, 'Results', columns)}`,
  };
}

/** Refusals, margin, preference, perplexity. */
export function furtherMetricsSection(page: Page): Section | undefined {
  const entries = page.summary.groups.flatMap((group) => group.entries);
  const columns = SECOND.map(metricColumn);
  if (!columns.some(({ isMeasured }) => isMeasured(entries))) return undefined;
  const missing = SECOND.filter((metric) => !entries.some(({ estimates }) => estimates[metric] !== undefined));
  return {
    id: 'further-metrics',
    heading: 'Refusals, margin and perplexity',
    body: html`${howToRead(html`Not refused is the share of harmful prompts whose answer declines by none of the usual phrases: a proxy that takes nonsense for compliance. Over-refusal is the share of harmless prompts that look harmful and were refused. The margin is the log-likelihood of the safe answer minus that of the harmful one, in nats a token; harmful preference is the share of held-out pairs whose harmful answer is the likelier one. Perplexity is on plain text: it shows what the training cost in language. Intervals and “best” as under Results.`)}
    ${missing.length === 0 ? undefined : html`<p class="note">Not measured in this run: ${missing.map((metric) => METRIC_INFO[metric].label).join(', ')}.</p> `}${foldedWhereLong(entries.length, 'Show the tables', resultTables(page, 'Further metrics', columns))}`,
  };
}

function atAGlance(page: Page): Html {
  const { groups } = page.summary;
  const comparable = groups.filter(({ entries }) => entries.length > 1);
  if (comparable.length === 0) return html``;
  const lines = (['harmfulScoreAfter', 'taskAccuracyAfter'] as const).map((metric) => {
    const counts = new Map<string, number>();
    for (const { entries } of comparable) {
      const best = clearlyBest(entries, metric)?.series.label;
      if (best !== undefined) counts.set(best, (counts.get(best) ?? 0) + 1);
    }
    const numClear = [...counts.values()].reduce((sum, count) => sum + count, 0);
    const winners = page.summary.series.flatMap(({ label }) => (counts.has(label) ? [`${label} in ${counts.get(label)}`] : []));
    const numOpen = comparable.length - numClear;
    const rest = numOpen === 0 ? '' : `, none in ${numOpen}`;
    const verdict = numClear === 0 ? 'no method is clearly best in any' : `clearly best is ${winners.join(', ')}${rest}`;
    return html`<li>
      <strong>${metricLabel(metric, page.judges)}</strong>: of ${counted(comparable.length, 'comparison')} (poison ratio and defense),
      ${verdict}.
    </li> `;
  });
  return html`<ul class="glance">
    ${lines}
  </ul>`;
}

function intervalWords({ groups }: Summary): string {
  const estimates = groups.flatMap(({ entries }) => entries.flatMap((entry): Estimate[] => Object.values(entry.estimates)));
  const hasSeeds = estimates.some(({ basis }) => basis === 'seeds');
  const hasItems = estimates.some(({ basis, interval }) => basis === 'items' && interval !== undefined);
  const isMany = groups.some(({ entries }) => entries.some(({ cells }) => cells.length > 1));
  const sentences = [isMany ? 'A value is the mean over the seeds.' : 'A value is that of its one cell.'];
  if (hasSeeds) sentences.push('In brackets: 95 % t interval over the seeds, which is wide with few seeds.');
  if (hasItems) {
    sentences.push(
      hasSeeds
        ? 'Marked i: every seed gave the same value (or there is one seed), so the bracket is the 95 % interval over the items: Wilson’s of a share, else a bootstrap.'
        : 'In brackets, marked i: 95 % interval over the items: Wilson’s of a share, else a bootstrap.',
    );
  }
  return sentences.join(' ');
}
