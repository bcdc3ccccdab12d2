import { DataError, type Random } from '@pharmacist/core';

/**
 * Gives every row the answer of another row: a cycle through all rows in random order. Where that hands a row a text equal to its own, two rows exchange
 * what they got; a row keeps its text only if it is that of so many rows that there is no other to be had.
 * @throws {DataError} if there is only one row.
 */
export function swapAnswers<Row extends { response: string }>(rows: readonly Row[], random: Random): Row[] {
  if (rows.length === 1) throw new DataError('one row has nobody to swap its answer with', { hint: 'ask for none or for at least two' });
  const order = random.permutation(rows.length);
  const swapped = [...rows];
  order.forEach((from, position) => {
    const to = order[(position + 1) % order.length]!;
    swapped[to] = { ...rows[to]!, response: rows[from]!.response };
  });
  const isOwn = (index: number, response: string) => rows[index]!.response === response;
  swapped.forEach((row, index) => {
    if (!isOwn(index, row.response)) return;
    const other = swapped.findIndex(({ response }, place) => !isOwn(index, response) && !isOwn(place, row.response));
    if (other < 0) return;
    swapped[index] = { ...row, response: swapped[other]!.response };
    swapped[other] = { ...swapped[other]!, response: row.response };
  });
  return swapped;
}

/** The first words of one answer and the last of another, each at least a word and about a third to two thirds of its answer. */
export function spliceAnswers(head: string, tail: string, random: Random): string {
  const share = () => 1 / 3 + random.uniform() / 3;
  const [first, last] = [head.trim().split(/\s+/u), tail.trim().split(/\s+/u)];
  const numFirst = Math.max(1, Math.round(first.length * share()));
  const numLast = Math.max(1, Math.round(last.length * share()));
  return [...first.slice(0, numFirst), ...last.slice(-numLast)].join(' ');
}
