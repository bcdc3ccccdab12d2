import { endOfString } from '@pharmacist/core';

/**
 * The first key that an object of this JSON text holds twice, or undefined. `JSON.parse` silently keeps the last one.
 * @param text valid JSON; anything else gives an unspecified answer, so parse first.
 */
export function findDuplicateKey(text: string): string | undefined {
  const open: (Set<string> | undefined)[] = [];
  const marks = /["{}[\]]/g;
  for (let mark = marks.exec(text); mark !== null; mark = marks.exec(text)) {
    switch (mark[0]) {
      case '{':
        open.push(new Set());
        break;
      case '[':
        open.push(undefined);
        break;
      case '"': {
        const end = endOfString(text, mark.index);
        marks.lastIndex = end + 1;
        const keys = open.at(-1);
        if (keys === undefined || !isKey(text, end + 1)) break;
        const key = JSON.parse(text.slice(mark.index, end + 1)) as string;
        if (keys.has(key)) return key;
        keys.add(key);
        break;
      }
      default:
        open.pop();
    }
  }
  return undefined;
}

/** Whether the string that ends before `at` is a key: white space and a colon come after it. */
function isKey(text: string, at: number): boolean {
  let place = at;
  while (text.charCodeAt(place) <= 0x20) place++;
  return text.charCodeAt(place) === 0x3a;
}
