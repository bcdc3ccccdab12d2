import type { RunConfig } from './config-schema.ts';

type Named = RunConfig['alignment']['defenses'][number];

/** Which selection a core subset comes from. */
export interface SelectionStep {
  readonly id: string;
  readonly method: RunConfig['selection']['methods'][number];
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
 * The work of a grid, everything shared once: one selection for all shares, defenses and ratios of a method and seed, one alignment for all
 * ratios of a subset and defense, one attack a cell.
 */
export interface Plan {
  readonly selections: readonly SelectionStep[];
  readonly alignments: readonly AlignmentStep[];
  /** One a cell of the results. */
  readonly attacks: readonly AttackStep[];
}

/** The steps of a configuration, seeds outermost: the first complete picture comes after one seed. */
export function planRun({ seeds, selection, alignment, attack }: RunConfig): Plan {
  const selections = seeds.flatMap((seed) =>
    selection.methods.map((method): SelectionStep => {
      const keeps = method.name === 'full' ? [1] : [...selection.keep].sort((a, b) => b - a);
      return { id: `${method.label}-s${seed}`, method, seed, keeps };
    }),
  );
  const alignments = selections.flatMap((step) =>
    [...step.keeps].reverse().flatMap((keep) =>
      alignment.defenses.map((defense): AlignmentStep => ({
        id: `${step.method.label}-k${keep}-${defense.label}-s${step.seed}`,
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
  return { selections, alignments, attacks };
}
