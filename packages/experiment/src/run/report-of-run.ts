import type { RunRecord } from '@pharmacist/core';
import { poolCounts } from '@pharmacist/planted';
import { renderReport, type ReportFact, type ReportPool } from '@pharmacist/report';
import type { Comparison, MethodReliability, RankingResult, ResultRow } from '@pharmacist/results';
import { stringify } from 'yaml';
import type { Scores } from '../evaluate/scores.ts';
import { boundsOf } from './plan-comparisons.ts';
import type { RunConfig } from './config-schema.ts';
import type { PoolStep } from './plan.ts';
import type { RankedSelection } from './read-rankings.ts';

export interface ReportSources {
  readonly config: RunConfig;
  readonly rows: readonly ResultRow[];
  readonly comparisons: readonly Comparison[];
  readonly ranked: readonly RankedSelection[];
  readonly rankings: readonly RankingResult[];
  readonly reliabilities: readonly MethodReliability[];
  readonly record: RunRecord;
  readonly scores: Scores | undefined;
}

/** The page of a run, from its results and the rankings it left. Nothing in it depends on when or how often the run was started. */
export async function reportOfRun(sources: ReportSources): Promise<string> {
  const { config, rows, comparisons, ranked, rankings, reliabilities, record, scores } = sources;
  const judge = scores?.judges[0];
  return await renderReport({
    title: config.name,
    configuration: stringify(config),
    record: factsOf(record, config),
    judge: judge ?? { name: 'none', isProxy: false, description: 'no harmful prompts were given' },
    results: rows,
    comparisons,
    rankings: shownRankings(ranked).map(({ ranking }) => ranking),
    rankingResults: rankings.filter(({ method }) => !isFull(config, method)),
    reliabilities,
    bounds: boundsOf(config.selection),
    pools: poolsOf(config),
  });
}

/** Rankings whose rows are shown: of a run over many pools one pool, the one of the most kinds and rows, by its first seed. */
function shownRankings(ranked: readonly RankedSelection[]): RankedSelection[] {
  const proper = ranked.filter(({ step }) => step.method.name !== 'full');
  const pools = proper.flatMap(({ step: { pool } }) => (pool === undefined ? [] : [pool]));
  const [shown] = pools.sort((a, b) => numKinds(b) - numKinds(a) || b.spec.size - a.spec.size);
  if (shown === undefined) return proper;
  const { seed } = proper[0]!.step;
  return proper.filter(({ step }) => step.pool?.spec === shown.spec && step.seed === seed);
}

function numKinds({ spec }: PoolStep): number {
  return poolCounts(spec).size;
}

function isFull({ selection }: RunConfig, label: string): boolean {
  return selection.methods.find((method) => method.label === label)?.name === 'full';
}

function poolsOf({ data }: RunConfig): ReportPool[] {
  return (data.pools ?? []).map((spec) => ({
    label: spec.label,
    size: spec.size,
    counts: Object.fromEntries(poolCounts(spec)),
    isSame: spec.seed !== undefined,
  }));
}

function factsOf({ versions, engine, inputs }: RunRecord, { seeds, model }: RunConfig): ReportFact[] {
  const { name, description } = engine as { name: string; description: string };
  const { machine, ...packages } = versions;
  return [
    { name: 'Model', value: model },
    { name: 'Engine', value: `${name}: ${description}` },
    { name: 'Seeds', value: seeds.join(', ') },
    { name: 'Machine', value: machine! },
    ...Object.entries(packages).map(([package_, version]) => ({ name: `Version of ${package_}`, value: version })),
    ...inputs.map(({ role, source, sha256 }) => ({ name: `Input ${role}`, value: `${source} (sha256 ${sha256.slice(0, 12)}…)` })),
  ];
}
