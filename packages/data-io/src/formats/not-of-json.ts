import { describeValue } from '@pharmacist/core';

/** Deeper values than these come from one that holds itself. */
const MAX_DEPTH = 500;

/** The first part of a value that JSON cannot hold, in a few words; undefined if there is none. */
export function notOfJson(value: unknown, depth = 0): string | undefined {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return undefined;
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : String(value);
  if (typeof value === 'bigint') return `the bigint ${value}`;
  if (typeof value !== 'object') return describeValue(value);
  if (depth > MAX_DEPTH) return `a value of more than ${MAX_DEPTH} levels`;
  const prototype: unknown = Object.getPrototypeOf(value);
  const isPlain = Array.isArray(value) || prototype === null || Object.getPrototypeOf(prototype) === null;
  if (!isPlain) return `a ${value.constructor?.name || 'value that is no plain object'}`;
  for (const each of Object.values(value)) {
    const wrong = notOfJson(each, depth + 1);
    if (wrong !== undefined) return wrong;
  }
  return undefined;
}
