import { join } from 'node:path';
import type { PoolSpec } from '@pharmacist/planted';
import type { RunConfig } from './config-schema.ts';
import { downstreamOf } from './downstream.ts';

type Named = RunConfig['selection']['methods'][number];

/** A pool that is drawn before anything is ranked. */
export interface PoolStep {
  readonly spec: PoolSpec;
  /** Of the drawing. */
  readonly seed: number;
  /** Below the run's directory. */
  readonly file: string;
}

/** Which selection a core subset comes from. */
export interface SelectionStep {
  readonly id: string;
  /** Undefined: the alignment rows as they are. */
  readonly pool: PoolStep | undefined;
  readonly method: Named;
  readonly seed: number;
  /** Shares to cut the ranking at, the largest first. */
  readonly keeps: readonly number[];
}

export interface AlignmentStep {
  readonly id: string;
  readonly selection: SelectionStep;
  readonly keep: number;
  readonly defense: Named;
  readonly seed: number;
}

export interface AttackStep {
  readonly id: string;
  readonly alignment: AlignmentStep;
  readonly poisonRatio: number;
}

/**
 * The work of a grid, everything shared once: one selection for all shares, defenses and ratios of a pool, method and seed, one alignment for
 * all ratios of a subset and defense, one attack a cell. Without alignment and attack there are selections only.
 */
export interface Plan {
  readonly pools: readonly PoolStep[];
  readonly selections: readonly SelectionStep[];
  readonly alignments: readonly AlignmentStep[];
  /** One a cell of the results. */
  readonly attacks: readonly AttackStep[];
}

/** The steps of a configuration, seeds outermost: the first complete picture comes after one seed. */
export function planRun(config: RunConfig): Plan {
  const { seeds, selection, data } = config;
  const pools = poolSteps(data.pools ?? [], seeds);
  const selections = seeds.flatMap((seed) =>
    poolsOfSeed(pools, data.pools, seed).flatMap((pool) =>
      selection.methods.map((method): SelectionStep => {
        const keeps = method.name === 'full' ? [1] : [...selection.keep].sort((a, b) => b - a);
        return { id: inPool(pool, `${method.label}-s${seed}`), pool, method, seed, keeps };
      }),
    ),
  );
  const downstream = downstreamOf(config);
  if (downstream === undefined) return { pools, selections, alignments: [], attacks: [] };
  const { alignment, attack } = downstream;
  const alignments = selections.flatMap((step) =>
    [...step.keeps].reverse().flatMap((keep) =>
      alignment.defenses.map((defense): AlignmentStep => ({
        id: inPool(step.pool, `${step.method.label}-k${keep}-${defense.label}-s${step.seed}`),
        selection: step,
        keep,
        defense,
        seed: step.seed,
      })),
    ),
  );
  const attacks = alignments.flatMap((step) =>
    attack.poisonRatios.map((poisonRatio): AttackStep => ({ id: `${step.id}-p${poisonRatio}`, alignment: step, poisonRatio })),
  );
  return { pools, selections, alignments, attacks };
}

function poolSteps(specs: readonly PoolSpec[], seeds: readonly number[]): PoolStep[] {
  return specs.flatMap((spec) =>
    (spec.seed === undefined ? seeds : [spec.seed]).map((seed): PoolStep => ({
      spec,
      seed,
      file: join('pools', `${spec.label}-s${seed}.jsonl`),
    })),
  );
}

/** The pools that a seed of the run ranks: those drawn for it, and those drawn once for all. */
function poolsOfSeed(pools: readonly PoolStep[], specs: readonly PoolSpec[] | undefined, seed: number): (PoolStep | undefined)[] {
  return specs === undefined ? [undefined] : pools.filter((pool) => pool.spec.seed !== undefined || pool.seed === seed);
}

/** Pools are folders: no two labels put together can then give one name. */
function inPool(pool: PoolStep | undefined, id: string): string {
  return pool === undefined ? id : `${pool.spec.label}/${id}`;
}
