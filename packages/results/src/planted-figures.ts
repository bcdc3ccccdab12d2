import { distinct } from '@pharmacist/core';
import type { RankingResult } from './ranking-result.ts';
import { type FigureOf, ofKind, ofStratum, otherKinds } from './planted-estimate.ts';

/** A line of a table of kinds by methods. */
export interface PlantedFigure {
  /** Rows that the figure is about. */
  readonly name: string;
  /** Whether it is a form of the kind before it. */
  readonly isStratum: boolean;
  /** Share of good rows among the kept ones, or AUROC. */
  readonly measure: 'precision' | 'auroc';
  readonly figureOf: FigureOf;
}

const auroc = (name: string, figureOf: FigureOf, isStratum = false): PlantedFigure => ({ name, isStratum, measure: 'auroc', figureOf });

/**
 * What a table of kinds shows of each method: the kept rows, good rows against all others, against each kind and each form of it, and each form of
 * good rows against all others.
 * @returns none if no kind has forms, or one only: the table of kinds then says it all.
 */
export function figuresByStratum(results: readonly RankingResult[]): PlantedFigure[] {
  const strata = new Map<string, string[]>();
  for (const { kind, stratum } of results.flatMap((result) => result.strata))
    strata.set(kind, distinct([...(strata.get(kind) ?? []), stratum]).sort());
  if ([...strata.values()].every(({ length }) => length < 2)) return [];
  const formsOf = (kind: string) => (strata.get(kind) ?? []).map((stratum) => auroc(stratum, ofStratum(kind, stratum), true));
  const others = otherKinds(results);
  const [good] = [...strata.keys()].filter((kind) => !others.includes(kind));
  const forms = good === undefined ? [] : formsOf(good);
  return [
    { name: 'good among the kept', isStratum: false, measure: 'precision', figureOf: ({ precisionKept }) => precisionKept },
    auroc('good against all', (result) => result.auroc),
    ...forms,
    ...others.flatMap((kind) => [auroc(`good against ${kind}`, ofKind(kind, 'auroc')), ...formsOf(kind)]),
  ];
}
