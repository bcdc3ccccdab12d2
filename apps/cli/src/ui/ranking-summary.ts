import type { RankingResult } from '@pharmacist/results';
import { counted, duration, percent } from './format.ts';
import { formatTable, type TableColumn } from './table.ts';

/** More lines than this are more than a person reads: the pools are then averaged, and the report has them one by one. */
const MAX_LINES = 40;

/** The table of a run that only ranks: one line a pool and method, means over the seeds. The report has the intervals. */
export function rankingSummary(results: readonly RankingResult[]): string {
  const right = 'right' as const;
  const numPools = new Set(results.map(({ pool }) => pool)).size;
  const numLines = new Set(results.map(({ pool, method, keep }) => JSON.stringify([pool, method, keep]))).size;
  const hasPools = numLines <= MAX_LINES && results.some(({ pool }) => pool !== undefined);
  const hasKeeps = new Set(results.map(({ keep }) => keep)).size > 1;
  const kinds = [...new Set(results.flatMap((result) => result.kinds.flatMap(({ kind, auroc }) => (auroc === null ? [] : [kind]))))].sort();
  const columns: TableColumn[] = [
    ...(hasPools ? [{ title: 'pool' }] : []),
    { title: 'method' },
    ...(hasKeeps ? [{ title: 'keep', align: right }] : []),
    { title: 'good kept', align: right },
    { title: 'AUROC', align: right },
    ...kinds.map((kind) => ({ title: `vs ${kind}`, align: right })),
    { title: 'avg precision', align: right },
    { title: 'stability', align: right },
    { title: 'time', align: right },
  ];
  const groups = new Map<string, RankingResult[]>();
  for (const result of results) {
    const key = JSON.stringify([hasPools && result.pool, result.method, result.keep]);
    groups.set(key, [...(groups.get(key) ?? []), result]);
  }
  const lines = [...groups.values()].map((group) => {
    const [{ pool, method, keep }] = group as [RankingResult];
    const shown = (of: (result: RankingResult) => number | null | undefined, format = (value: number) => value.toFixed(3)) => {
      const values = group.flatMap((result) => of(result) ?? []);
      return values.length === 0 ? '' : format(values.reduce((sum, value) => sum + value, 0) / values.length);
    };
    return [
      ...(hasPools ? [pool ?? ''] : []),
      method,
      ...(hasKeeps ? [String(keep)] : []),
      shown(({ precisionKept }) => precisionKept, percent),
      shown(({ auroc }) => auroc),
      ...kinds.map((kind) => shown((result) => result.kinds.find((one) => one.kind === kind)?.auroc)),
      shown(({ averagePrecision }) => averagePrecision),
      shown(({ stability }) => stability),
      shown(({ selectSeconds }) => selectSeconds, duration),
    ];
  });
  const numSeeds = new Set(results.map(({ seed }) => seed)).size;
  return (
    `${formatTable(columns, lines)}\n\n` +
    `Means over ${numPools > 1 && !hasPools ? `${counted(numPools, 'pool')} (the report has each) and ` : ''}${counted(numSeeds, 'seed')}. Good kept: share of good rows among the kept ones. AUROC: the chance that a good row ranks above\n` +
    'another, or above one of that kind; 0.5 is chance. Stability: rank correlation of the rankings of two seeds.'
  );
}
