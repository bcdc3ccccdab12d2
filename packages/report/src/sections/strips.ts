import { formatShare } from '../format.ts';
import type { Group } from '../summary.ts';

/** Groups by setting and poison ratio, named. */
export function stripsOf(groups: readonly Group[]): [string, Group[]][] {
  const strips = new Map<string, Group[]>();
  for (const group of groups) {
    const name = `Poison ratio ${formatShare(group.poisonRatio)}${group.setting === '' ? '' : `, ${group.setting}`}`;
    const members = strips.get(name);
    if (members === undefined) strips.set(name, [group]);
    else members.push(group);
  }
  return [...strips];
}
