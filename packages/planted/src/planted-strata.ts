import { auroc } from '@pharmacist/metrics';
import { GOOD } from './kinds.ts';
import type { PlantedRow } from './planted-report.ts';

/** A planted row with the finer form of its kind: how a refusal is worded, how an answer was spoiled. */
export interface StratifiedRow extends PlantedRow {
  /** Undefined: not known. */
  stratum: string | undefined;
}

/** Where the rows of one form of a kind went. */
export interface StratumReport {
  kind: string;
  stratum: string;
  count: number;
  numKept: number;
  /**
   * Of good rows against these; of a form of good rows, of these against all rows that are not good. Null if there is nothing to compare with.
   */
  auroc: number | null;
}

/** What a ranking does with each form of each kind, in the order of their names, the good kind first. Rows whose form is not known count for none. */
export function plantedStrata(rows: readonly StratifiedRow[], { good = GOOD } = {}): StratumReport[] {
  const [safe, others] = [rows.filter(({ kind }) => kind === good), rows.filter(({ kind }) => kind !== good)];
  const groups = new Map<string, StratifiedRow[]>();
  for (const row of rows) {
    if (row.stratum === undefined) continue;
    const name = JSON.stringify([row.kind === good ? 0 : 1, row.kind, row.stratum]);
    const members = groups.get(name);
    if (members === undefined) groups.set(name, [row]);
    else members.push(row);
  }
  return [...groups]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, members]) => {
      const { kind, stratum } = members[0]!;
      return {
        kind,
        stratum: stratum!,
        count: members.length,
        numKept: members.filter(({ selected }) => selected).length,
        auroc: kind === good ? between(members, others) : between(safe, members),
      };
    });
}

function between(above: readonly PlantedRow[], below: readonly PlantedRow[]): number | null {
  if (above.length === 0 || below.length === 0) return null;
  const rows = [...above, ...below];
  return auroc(
    rows.map(({ score }) => score),
    rows.map((_, i) => i < above.length),
  );
}
