import { meanOf } from '@pharmacist/metrics';
import type { ResultRow } from '@pharmacist/results';

/** The four phases of a cell and the columns with their seconds. */
export const PHASES = [
  { label: 'select', column: 'selectSeconds' },
  { label: 'align', column: 'alignSeconds' },
  { label: 'attack', column: 'attackSeconds' },
  { label: 'evaluate', column: 'evaluateSeconds' },
] as const satisfies readonly { label: string; column: keyof ResultRow }[];

/** Mean seconds of a phase over the cells that know it; undefined if none does. */
export function meanSeconds(cells: readonly ResultRow[], column: (typeof PHASES)[number]['column']): number | undefined {
  const seconds = cells.map((cell) => cell[column]).filter((value) => Number.isFinite(value));
  return seconds.length === 0 ? undefined : meanOf(seconds);
}
