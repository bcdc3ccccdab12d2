import type { RunResult } from '@pharmacist/experiment';
import type { ResultRow } from '@pharmacist/results';
import { comparisonSummary } from './comparison-summary.ts';
import { counted, duration } from './format.ts';
import { rankingSummary } from './ranking-summary.ts';
import { reliabilitySummary } from './reliability-summary.ts';
import { strataSummary } from './strata-summary.ts';
import { formatTable } from './table.ts';

/** What a grid came to: the table of its cells or, if it only ranks, of its rankings, and where the files are. */
export function runSummary(result: RunResult): string {
  if (result.steps !== undefined) return preparedText(result.out, result.steps);
  const { rows, rankings, reliabilities, files, record, wasComplete } = result;
  const known = wasComplete ? 'This run was finished before; nothing was computed again.\n\n' : '';
  const hasKinds = rankings.some(({ kinds }) => kinds.length > 0);
  const planted = files.planted === undefined || !hasKinds ? '' : `By kind: ${files.planted}\n`;
  const reliability = reliabilities.length === 0 || files.reliability === undefined ? '' : `Curve:   ${files.reliability}\n`;
  return (
    `\n${known}${rows.length === 0 && rankings.length > 0 ? `${rankingsText(result)}\n\n` : cellSummary(result)}` +
    `Results: ${files.results}\n${planted}${reliability}Report:  ${files.report}\nTime:    ${duration(record.timing.wallSeconds)}\n`
  );
}

function preparedText(out: string, steps: readonly string[]): string {
  const last = steps.length - 1;
  return `\n${counted(steps.length, 'step')} can be made by processes of their own, each: pharmacist step ${out} --wait --index 0 (to ${last})\nThe same command without --prepare then puts them together.\n`;
}

/** How the methods ranked, where the rows name forms of their kinds which of them they told apart, and how far their probabilities hold. */
function rankingsText({ rankings, reliabilities }: RunResult): string {
  return [rankingSummary(rankings), strataSummary(rankings), reliabilitySummary(reliabilities)]
    .filter((part) => part !== undefined)
    .join('\n\n');
}

/** One line a cell, with the 95 % intervals over prompts; the report averages over seeds. */
function cellSummary({ rows, comparisons }: RunResult): string {
  const right = 'right' as const;
  const hasPools = new Set(rows.map(({ pool }) => pool)).size > 1;
  const columns = [
    ...(hasPools ? [{ title: 'pool' }] : []),
    { title: 'method' },
    { title: 'keep', align: right },
    { title: 'defense' },
    { title: 'p', align: right },
    { title: 'seed', align: right },
    { title: 'HS before', align: right },
    { title: 'HS after', align: right },
    { title: 'FA', align: right },
    { title: 'over-refusal', align: right },
    { title: 'margin', align: right },
    { title: 'select', align: right },
    { title: 'align', align: right },
  ];
  const lines = rows.map((row) => [
    ...(hasPools ? [row.pool ?? ''] : []),
    row.method,
    String(row.keep),
    row.defense,
    String(row.poisonRatio),
    String(row.seed),
    figure(row, 'harmfulScoreBefore'),
    figure(row, 'harmfulScoreAfter'),
    figure(row, 'taskAccuracyAfter'),
    figure(row, 'overRefusalAfter'),
    figure(row, 'marginAfter', 2),
    duration(row.selectSeconds),
    duration(row.alignSeconds),
  ]);
  const [first] = rows;
  const judge = first === undefined ? '' : ` HS by the judge ${first.judge}; task ${first.task}.`;
  const compared = comparisonSummary(comparisons);
  return (
    `${formatTable(columns, lines)}\n\n` +
    `${counted(rows.length, 'cell')}; percent, in brackets 95 % intervals over prompts.${judge} Whether that judge is a proxy says the report.\n\n` +
    (compared === undefined ? '' : `${compared}\n\n`)
  );
}

type Stem = 'harmfulScoreBefore' | 'harmfulScoreAfter' | 'taskAccuracyAfter' | 'overRefusalAfter' | 'marginAfter';

function figure(row: ResultRow, name: Stem, digits = 1): string {
  const [value, low, high] = [row[name], row[`${name}Low`], row[`${name}High`]];
  if (value === undefined) return '';
  return low === undefined || high === undefined
    ? value.toFixed(digits)
    : `${value.toFixed(digits)} [${low.toFixed(digits)}, ${high.toFixed(digits)}]`;
}
