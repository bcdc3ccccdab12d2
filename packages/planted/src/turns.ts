import type { Random } from '@pharmacist/core';
import type { AlignmentRow } from '@pharmacist/data-io';

/**
 * Rows in an order in which their groups take turns, the groups by name and each in the order given: the first rows hold every group as evenly
 * as it lasts.
 */
export function takeTurns(rows: readonly AlignmentRow[], groupOf: (row: AlignmentRow) => string): AlignmentRow[] {
  const groups = [...grouped(rows, groupOf)].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, members]) => members);
  const longest = Math.max(0, ...groups.map(({ length }) => length));
  return Array.from({ length: longest }, (_, turn) => groups.flatMap((members) => members.slice(turn, turn + 1))).flat();
}

/** Rows prompt by prompt, both in random order, so that many rows take few prompts; at most so many of one. */
export function byPrompt(
  rows: readonly AlignmentRow[],
  keyOf: (row: AlignmentRow) => string,
  maxPerPrompt: number,
  random: Random,
): AlignmentRow[] {
  return [...grouped(random.shuffle(rows), keyOf).values()].flatMap((members) => members.slice(0, maxPerPrompt));
}

export function grouped<Row>(rows: readonly Row[], groupOf: (row: Row) => string): Map<string, Row[]> {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const group = groupOf(row);
    const members = groups.get(group);
    if (members === undefined) groups.set(group, [row]);
    else members.push(row);
  }
  return groups;
}
