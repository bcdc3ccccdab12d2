import type { TokenizedRow } from '@pharmacist/language-model';
import type { DefenseRow } from '../../src/defense.ts';

/** Rows with ids `row-000`, `row-001`, ... and prompts of their own. */
export function defenseRows(rows: readonly TokenizedRow[]): DefenseRow[] {
  return rows.map((tokens, index) => ({ id: `row-${String(index).padStart(3, '0')}`, prompt: `prompt ${index}`, tokens }));
}
