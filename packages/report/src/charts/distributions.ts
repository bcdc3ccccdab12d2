import type { RankingRow } from '@pharmacist/results';
import type { ChartSpec } from './renderer.ts';

const NUM_BINS = 30;
const MAX_KINDS = 12;
/** Share of the rows beyond either end of the axis; their bins are the outermost. */
const TAIL = 0.005;

const NO_KIND = 'all rows';

/** Kinds of a ranking from the most frequent on; the rarest share one name where there are more than twelve. */
function kindNamer(rows: readonly RankingRow[]): (row: RankingRow) => string {
  if (rows.every(({ kind }) => kind === undefined)) return () => NO_KIND;
  const counts = new Map<string, number>();
  for (const { kind = 'no kind' } of rows) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  if (counts.size <= MAX_KINDS) return ({ kind = 'no kind' }) => kind;
  const byCount = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  const shown = new Set(byCount.slice(0, MAX_KINDS - 1).map(([kind]) => kind));
  const rest = `${counts.size - shown.size} rarer kinds`;
  return ({ kind = 'no kind' }) => (shown.has(kind) ? kind : rest);
}

/** Whether the scores differ: a method that gives every row the same one has no distribution. */
export function hasDistribution(rows: readonly RankingRow[]): boolean {
  return rows.some(({ score }) => score !== rows[0]!.score);
}

/** Where the scores of each kind lie: one hill a kind, the highest median on top, with the line below which no row was kept. */
export function distributionsSpec(rows: readonly RankingRow[], title: string): ChartSpec {
  const kindOf = kindNamer(rows);
  const sorted = rows.map(({ score }) => score).sort((a, b) => a - b);
  const low = sorted[Math.floor(TAIL * (sorted.length - 1))]!;
  const high = sorted[Math.ceil((1 - TAIL) * (sorted.length - 1))]!;
  const width = (high - low) / NUM_BINS || 1 / NUM_BINS;

  const scoresByKind = new Map<string, number[]>();
  for (const row of rows) {
    const scores = scoresByKind.get(kindOf(row));
    if (scores === undefined) scoresByKind.set(kindOf(row), [row.score]);
    else scores.push(row.score);
  }
  const threshold = rows.reduce((least, { selected, score }) => (selected ? Math.min(least, score) : least), Infinity);
  const kinds = [...scoresByKind].map(([kind, scores]) => ({ kind, scores, median: medianOf(scores) }));
  kinds.sort((a, b) => b.median - a.median || (a.kind < b.kind ? -1 : 1));
  const values = kinds.flatMap(({ kind, scores, median }, order) => {
    const counts = Array.from({ length: NUM_BINS }, () => 0);
    for (const score of scores) counts[Math.min(NUM_BINS - 1, Math.max(0, Math.floor((score - low) / width)))]!++;
    const label = `${kind} (${scores.length})`;
    // One empty bin on each side lets a hill come down to the ground.
    return [0, ...counts, 0].map((count, bin) => ({
      kind: label,
      order,
      score: low + width * (bin - 0.5),
      share: count / scores.length,
      ...(bin === 0 ? { median: Math.min(high, Math.max(low, median)) } : {}),
      ...(bin === 0 && Number.isFinite(threshold) ? { threshold } : {}),
    }));
  });
  const domain: [number, number] = [low - width, high + width];
  const x = { type: 'quantitative', title, scale: { domain, zero: false, nice: false } } as const;
  return {
    data: { values },
    facet: {
      row: {
        field: 'kind',
        type: 'nominal',
        sort: { field: 'order', op: 'min' },
        title: null,
        header: { labelOrient: 'top', labelAnchor: 'start', labelPadding: 2, labelLimit: 300 },
      },
    },
    spacing: 4,
    padding: 4,
    spec: {
      width: 310,
      height: 36,
      view: { stroke: null },
      layer: [
        {
          mark: { type: 'area', interpolate: 'monotone', color: 'var(--series-0)', opacity: 0.55, line: { color: 'var(--series-0)' } },
          encoding: {
            x: { ...x, field: 'score', axis: { grid: false } },
            y: { field: 'share', type: 'quantitative', axis: null, stack: null },
          },
        },
        {
          transform: [{ filter: 'isValid(datum.median)' }],
          mark: { type: 'rule', color: 'var(--ink)', strokeWidth: 2 },
          encoding: { x: { ...x, field: 'median' } },
        },
        {
          transform: [{ filter: 'isValid(datum.threshold)' }],
          mark: { type: 'rule', color: 'var(--series-1)', strokeDash: [4, 3], strokeWidth: 1.5 },
          encoding: { x: { ...x, field: 'threshold' } },
        },
      ],
    },
    resolve: { scale: { y: 'independent' } },
  };
}

function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
