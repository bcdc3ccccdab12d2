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

/**
 * Adds the parts of a text that are not empty to `parts`.
 * @param pattern global and Unicode-aware. @param invert swaps matches and what lies between them.
 * @returns whether a part begins where the text begins.
 */
export function split(text: string, pattern: RegExp, { behavior, invert }: SplitOptions, parts: string[]): boolean {
  if (behavior === 'isolated') return isolate(text, pattern, parts);
  const ranges = merged(matches(text, pattern, invert), behavior).filter(([start, end]) => end > start);
  for (const [start, end] of ranges) parts.push(text.slice(start, end));
  return ranges[0]?.[0] === 0;
}

export interface SplitOptions {
  readonly behavior: SplitBehavior;
  readonly invert: boolean;
}

interface Part {
  range: Range;
  readonly isMatch: boolean;
}

/** Matches and what lies between. Nearly all splitting is this, and was half of tokenising: it makes no ranges, and no copy of the pattern as `matchAll` does. */
function isolate(text: string, pattern: RegExp, parts: string[]): boolean {
  if (text.length < 2) {
    if (text !== '') parts.push(text);
    return text !== '';
  }
  let end = 0;
  pattern.lastIndex = 0;
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    const { 0: matched, index } = match;
    if (index > end) parts.push(text.slice(end, index));
    if (matched === '') pattern.lastIndex = after(text, index);
    else parts.push(matched);
    end = index + matched.length;
  }
  if (end < text.length) parts.push(end === 0 ? text : text.slice(end));
  return true;
}

/** The offset of the character after the one at `index`: where a search goes on after an empty match. */
function after(text: string, index: number): number {
  return index + ((text.codePointAt(index) ?? 0) > 0xffff ? 2 : 1);
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

function merged(parts: readonly Part[], behavior: Exclude<SplitBehavior, 'isolated'>): Range[] {
  switch (behavior) {
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
