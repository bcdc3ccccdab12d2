import type { RankingResult } from '@pharmacist/results';
import { counted, duration, percent } from './format.ts';
import { formatTable, type TableColumn } from './table.ts';

/** More lines than this are more than a person reads: the pools are then averaged, and the report has them one by one. */
const MAX_LINES = 40;

/** A figure of a ranking: a column, left out where no ranking has it, and what explains it below the table. */
interface Figure {
  readonly title: string;
  readonly of: (result: RankingResult) => number | null | undefined;
  readonly format: (value: number) => string;
  readonly meaning?: string;
}

/** The table of a run that only ranks: one line a pool and method, means over the seeds. The report has the intervals. */
export function rankingSummary(results: readonly RankingResult[]): string {
  const right = 'right' as const;
  const numPools = new Set(results.map(({ pool }) => pool)).size;
  const numLines = new Set(results.map(({ pool, method, keep }) => JSON.stringify([pool, method, keep]))).size;
  const hasPools = numLines <= MAX_LINES && results.some(({ pool }) => pool !== undefined);
  const hasKeeps = new Set(results.map(({ keep }) => keep)).size > 1;
  const figures = figuresOf(results);
  const columns: TableColumn[] = [
    ...(hasPools ? [{ title: 'pool' }] : []),
    { title: 'method' },
    ...(hasKeeps ? [{ title: 'keep', align: right }] : []),
    ...figures.map(({ title }) => ({ title, align: right })),
  ];
  const groups = new Map<string, RankingResult[]>();
  for (const result of results) {
    const key = JSON.stringify([hasPools && result.pool, result.method, result.keep]);
    groups.set(key, [...(groups.get(key) ?? []), result]);
  }
  const lines = [...groups.values()].map((group) => {
    const [{ pool, method, keep }] = group as [RankingResult];
    return [
      ...(hasPools ? [pool ?? ''] : []),
      method,
      ...(hasKeeps ? [String(keep)] : []),
      ...figures.map((figure) => meanText(group, figure)),
    ];
  });
  const numSeeds = new Set(results.map(({ seed }) => seed)).size;
  const over = `Means over ${numPools > 1 && !hasPools ? `${counted(numPools, 'pool')} (the report has each) and ` : ''}${counted(numSeeds, 'seed')}.`;
  const meanings = figures.flatMap(({ meaning }) => meaning ?? []);
  return `${formatTable(columns, lines)}\n\n${[over, ...meanings].join(' ')}`;
}

function figuresOf(results: readonly RankingResult[]): Figure[] {
  const toThree = (value: number) => value.toFixed(3);
  const kinds = [...new Set(results.flatMap((result) => result.kinds.map(({ kind }) => kind)))].sort();
  const all: Figure[] = [
    {
      title: 'good kept',
      of: ({ precisionKept }) => precisionKept,
      format: percent,
      meaning: 'Good kept: share of good rows among the kept ones.',
    },
    {
      title: 'AUROC',
      of: ({ auroc }) => auroc,
      format: toThree,
      meaning: 'AUROC: the chance that a good row ranks above\nanother, or above one of that kind; 0.5 is chance.',
    },
    ...kinds.map((kind) => ({
      title: `vs ${kind}`,
      of: (result: RankingResult) => result.kinds.find((one) => one.kind === kind)?.auroc,
      format: toThree,
    })),
    { title: 'avg precision', of: ({ averagePrecision }) => averagePrecision, format: toThree },
    {
      title: 'stability',
      of: ({ stability }) => stability,
      format: toThree,
      meaning: 'Stability: rank correlation of the rankings of two seeds.',
    },
    { title: 'time', of: ({ selectSeconds }) => selectSeconds, format: duration },
  ];
  return all.filter((figure) => results.some((result) => valueOf(result, figure) !== undefined));
}

function meanText(group: readonly RankingResult[], figure: Figure): string {
  const values = group.flatMap((result) => valueOf(result, figure) ?? []);
  return values.length === 0 ? '' : figure.format(values.reduce((sum, value) => sum + value, 0) / values.length);
}

function valueOf(result: RankingResult, { of }: Figure): number | undefined {
  return of(result) ?? undefined;
}
