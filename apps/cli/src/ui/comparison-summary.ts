import { type Comparison, headlineComparisons } from '@pharmacist/results';
import { counted } from './format.ts';
import { formatTable } from './table.ts';

/** What the summary shows; the report and comparisons.parquet have all of them. */
const SHOWN = [
  ['harmfulScoreAfter', 'HS after'],
  ['taskAccuracyAfter', 'FA'],
] as const;

/** Methods against each other over the seeds: the headline differences, and how many of all are secured. Undefined where there are none. */
export function comparisonSummary(comparisons: readonly Comparison[]): string | undefined {
  if (comparisons.length === 0) return undefined;
  const right = 'right' as const;
  const columns = [
    { title: 'of' },
    { title: 'difference' },
    { title: 'defense' },
    { title: 'keep', align: right },
    { title: 'mean [95 %]', align: right },
    { title: 'p', align: right },
    { title: 'Holm p', align: right },
    { title: 'verdict' },
  ];
  const headline = headlineComparisons(comparisons);
  const lines = SHOWN.flatMap(([metric, name]) =>
    headline
      .filter((comparison) => comparison.metric === metric)
      .map(({ reference, method, pool, defense, keep, difference, low, high, pValue, pHolm, verdict }) => [
        name,
        `${reference} - ${method}`,
        pool === null ? defense : `${defense}, ${pool}`,
        String(keep),
        low === null || high === null ? difference.toFixed(2) : `${difference.toFixed(2)} [${low.toFixed(2)}, ${high.toFixed(2)}]`,
        pValue === null ? '' : pValue.toFixed(4),
        pHolm === null ? '' : pHolm.toFixed(4),
        verdict,
      ]),
  );
  const numSecured = headline.filter(({ verdict }) => verdict !== 'not secured').length;
  const table = lines.length === 0 ? '' : `${formatTable(columns, lines)}\n\n`;
  return (
    `${table}${numSecured} of ${counted(headline.length, 'comparison')} secured (paired by seed, all figures compared, Holm p < .05 within each figure).\n` +
    '"Not secured" does not mean equal; the report has every figure.'
  );
}
