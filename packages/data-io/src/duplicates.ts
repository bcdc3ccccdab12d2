import type { AlignmentRow } from './row.ts';
import { derivedId } from './row-ids.ts';

/** Rows of one content. */
export interface DuplicateGroup {
  ids: string[];
  lines: number[];
}

/** Which rows say exactly the same (prompt and response, byte for byte). */
export interface DuplicateReport {
  numRows: number;
  /** Rows that would stay if every content were kept once. */
  numDistinct: number;
  /** `numRows - numDistinct`. */
  numDuplicates: number;
  /** Contents that occur more than once, in order of first occurrence. */
  groups: DuplicateGroup[];
}

/** Groups rows by exact prompt and response. */
export function exactDuplicates(rows: readonly AlignmentRow[]): DuplicateReport {
  const groupByContent = new Map<string, DuplicateGroup>();
  for (const { id, prompt, response, position } of rows) {
    const content = derivedId(prompt, response);
    const group = groupByContent.get(content);
    if (group === undefined) groupByContent.set(content, { ids: [id], lines: [position.line] });
    else {
      group.ids.push(id);
      group.lines.push(position.line);
    }
  }
  const groups = [...groupByContent.values()].filter(({ ids }) => ids.length > 1);
  return { numRows: rows.length, numDistinct: groupByContent.size, numDuplicates: rows.length - groupByContent.size, groups };
}
