/**
 * The first key that an object of this JSON text holds twice, or undefined. `JSON.parse` silently keeps the last one.
 * @param text valid JSON; anything else gives an unspecified answer, so parse first.
 */
export function findDuplicateKey(text: string): string | undefined {
  const open: (Set<string> | undefined)[] = [];
  const tokens = /"(?:[^"\\]|\\.)*"|[{}[\]]/gs;
  for (let match = tokens.exec(text); match !== null; match = tokens.exec(text)) {
    const token = match[0];
    if (token === '{') open.push(new Set());
    else if (token === '[') open.push(undefined);
    else if (token === '}' || token === ']') open.pop();
    else {
      const keys = open.at(-1);
      if (keys === undefined || !/^\s*:/.test(text.slice(tokens.lastIndex, tokens.lastIndex + 64))) continue;
      const key = JSON.parse(token) as string;
      if (keys.has(key)) return key;
      keys.add(key);
    }
  }
  return undefined;
}
