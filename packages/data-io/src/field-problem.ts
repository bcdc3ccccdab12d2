import { didYouMean } from '@pharmacist/core';

/** Why a record gives no row. `isMapping`: its field names do not say which is which, as opposed to a bad value in a known field. */
export interface FieldProblem {
  field?: string;
  what: string;
  isMapping: boolean;
}

/** The member of the record that a name leads to: the name itself, or the first step of a path with dots. */
export function ownField(record: Record<string, unknown>, name: string): string {
  return Object.hasOwn(record, name) ? name : name.split('.')[0]!;
}

/** The value of a field; a name that is no own field may be a path with dots. Undefined if absent. */
export function fieldValue(record: Record<string, unknown>, name: string): unknown {
  if (Object.hasOwn(record, name)) return record[name];
  let value: unknown = record;
  for (const key of name.split('.')) {
    if (value === null || typeof value !== 'object' || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  return value;
}

export function isPresent(record: Record<string, unknown>, name: string): boolean {
  const value = fieldValue(record, name);
  return value !== undefined && value !== null;
}

export function wrongType(field: string, value: unknown): FieldProblem {
  const kind = value === null ? 'null' : typeof value === 'object' ? 'an object' : `a ${typeof value}`;
  return { field, what: `is ${kind}, not text`, isMapping: false };
}

export function absent(record: Record<string, unknown>, name: string): FieldProblem {
  if (fieldValue(record, name) === null) return { field: name, what: 'is null, not text', isMapping: false };
  const near = didYouMean(name, Object.keys(record));
  return {
    field: name,
    what: `is missing.${near === undefined ? '' : ` Did you mean "${near}"?`} Fields here: ${listFields(record)}`,
    isMapping: true,
  };
}

export function missing(record: Record<string, unknown>, role: string, names: readonly string[]): FieldProblem {
  const empty = names.find((name) => Object.hasOwn(record, name));
  if (empty !== undefined) return { field: empty, what: 'is null, not text', isMapping: false };
  return {
    field: role,
    what: `is missing, and so are its other names (${names.slice(1).join(', ')}). Fields here: ${listFields(record)}`,
    isMapping: true,
  };
}

export function ambiguous(record: Record<string, unknown>, role: string, found: readonly string[]): FieldProblem {
  return {
    field: role,
    what: `could be any of ${found.map((name) => `"${name}"`).join(', ')}. Fields here: ${listFields(record)}`,
    isMapping: true,
  };
}

function listFields(record: Record<string, unknown>): string {
  const names = Object.keys(record);
  return names.length === 0 ? '(none)' : names.slice(0, 20).join(', ') + (names.length > 20 ? ', …' : '');
}
