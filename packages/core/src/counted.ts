/** `1 row`, `1,500 rows`. @param noun in the singular; its plural ends in s. */
export function counted(count: number, noun: string): string {
  return `${count.toLocaleString('en-US')} ${noun}${count === 1 ? '' : 's'}`;
}
