/** How a pre-tokenizer of `tokenizers` cuts a text at the matches of a pattern (`SplitDelimiterBehavior`), in its own order of operations. */

/** Half-open interval of UTF-16 offsets. */
type Range = [start: number, end: number];

const BEHAVIORS = ['removed', 'isolated', 'contiguous', 'mergedwithprevious', 'mergedwithnext'] as const;
export type SplitBehavior = (typeof BEHAVIORS)[number];

/** @throws Error if there is no such behaviour. */
export function splitBehavior(name: unknown): SplitBehavior {
  const behavior = typeof name === 'string' ? BEHAVIORS.find((known) => known === name.toLowerCase()) : undefined;
  if (behavior === undefined) throw new Error(`unknown behavior ${JSON.stringify(name)}`);
  return behavior;
}

/** @param pattern global and Unicode-aware. @param invert swaps matches and what lies between them. @returns ranges that are not empty, in order. */
export function splitRanges(text: string, pattern: RegExp, { behavior, invert }: { behavior: SplitBehavior; invert: boolean }): Range[] {
  return merged(matches(text, pattern, invert), behavior).filter(([start, end]) => end > start);
}

interface Part {
  range: Range;
  readonly isMatch: boolean;
}

function matches(text: string, pattern: RegExp, invert: boolean): Part[] {
  const parts: Part[] = [];
  let end = 0;
  const add = (start: number, stop: number, isMatch: boolean) => parts.push({ range: [start, stop], isMatch: isMatch !== invert });
  for (const match of text.matchAll(pattern)) {
    if (match.index > end) add(end, match.index, false);
    add(match.index, match.index + match[0].length, true);
    end = match.index + match[0].length;
  }
  if (end < text.length) add(end, text.length, false);
  return parts;
}

function merged(parts: readonly Part[], behavior: SplitBehavior): Range[] {
  switch (behavior) {
    case 'isolated':
      return parts.map(({ range }) => range);
    case 'removed':
      return parts.filter(({ isMatch }) => !isMatch).map(({ range }) => range);
    case 'contiguous':
      return joined(parts, ({ isMatch }, previous) => isMatch === previous.isMatch);
    case 'mergedwithprevious':
      return joined(parts, ({ isMatch }, previous) => isMatch && !previous.isMatch);
    case 'mergedwithnext':
      return joined(parts, ({ isMatch }, previous) => previous.isMatch && !isMatch);
  }
}

/** Joins each part to the one before it where `isJoined` says so of the two. */
function joined(parts: readonly Part[], isJoined: (part: Part, previous: Part) => boolean): Range[] {
  const ranges: Range[] = [];
  parts.forEach((part, i) => {
    const last = ranges.at(-1);
    if (last !== undefined && isJoined(part, parts[i - 1]!)) last[1] = part.range[1];
    else ranges.push([...part.range]);
  });
  return ranges;
}
