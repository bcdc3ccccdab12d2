import { canonicalJson } from './hash.ts';

/** One place where two JSON values differ; `undefined` means that the value is absent there. */
export interface JsonDifference {
  /** Dotted path, array positions in brackets: `select.rounds[0]`. */
  path: string;
  before: unknown;
  after: unknown;
}

/** Every leaf at which two JSON values differ, in the order of `before`'s keys and then of `after`'s new ones. */
export function jsonDifferences(before: unknown, after: unknown, path = ''): JsonDifference[] {
  if (isPlain(before) && isPlain(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    return keys.flatMap((key) => jsonDifferences(before[key], after[key], path === '' ? key : `${path}.${key}`));
  }
  if (Array.isArray(before) && Array.isArray(after)) {
    const length = Math.max(before.length, after.length);
    return Array.from({ length }, (_, i) => jsonDifferences(before[i], after[i], `${path}[${i}]`)).flat();
  }
  return asText(before) === asText(after) ? [] : [{ path, before, after }];
}

/** `lora.rank: 8 → 16`, one line; long values are cut. */
export function describeDifference({ path, before, after }: JsonDifference): string {
  return `${path}: ${shorten(asText(before))} → ${shorten(asText(after))}`;
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

function asText(value: unknown): string {
  return value === undefined ? '(absent)' : canonicalJson(value);
}

function shorten(text: string): string {
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}
