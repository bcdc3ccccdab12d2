import { DataError, memberOf } from '@pharmacist/core';

/** Types a written column can have. `json` holds any JSON value as text. */
export type ColumnType = 'string' | 'int32' | 'int64' | 'float' | 'double' | 'boolean' | 'json';

/** A named column; `null` stands for no value. */
export interface Column {
  name: string;
  type: ColumnType;
  /** As long as every other column's. Numbers (or bigints for `int64`), strings, booleans, or anything JSON knows for `json`. */
  values: ArrayLike<unknown>;
}

const EXPECTED: Record<ColumnType, [accepts: (value: unknown) => boolean, name: string]> = {
  string: [(value) => typeof value === 'string', 'a string'],
  int32: [(value) => typeof value === 'number' && (value | 0) === value, 'a 32-bit integer'],
  int64: [(value) => (typeof value === 'bigint' && BigInt.asIntN(64, value) === value) || Number.isSafeInteger(value), 'a 64-bit integer'],
  float: [(value) => typeof value === 'number', 'a number'],
  double: [(value) => typeof value === 'number', 'a number'],
  boolean: [(value) => typeof value === 'boolean', 'a boolean'],
  json: [(value) => typeof value !== 'function' && typeof value !== 'symbol' && typeof value !== 'bigint', 'a JSON value'],
};

/** What is known of columns that fit together. */
export interface CheckedColumns {
  readonly numRows: number;
  /** Of each column whether it holds a null. */
  readonly isNullable: readonly boolean[];
}

/**
 * Checks columns before a byte is written.
 * @throws {DataError} if names repeat, lengths differ or a value is not of its column's type.
 */
export function checkColumns(columns: readonly Column[], path: string): CheckedColumns {
  if (columns.length === 0) throw new DataError('cannot be written without columns', { where: path });
  const names = new Set<string>();
  const numRows = columns[0]!.values.length;
  const isNullable = columns.map(() => false);
  for (const [j, { name, type, values }] of columns.entries()) {
    const where = `${path} column "${name}"`;
    if (names.has(name)) throw new DataError('is given twice', { where });
    names.add(name);
    if (values.length !== numRows) throw new DataError(`has ${values.length} values, "${columns[0]!.name}" has ${numRows}`, { where });
    const [accepts, expected] = EXPECTED[type];
    const valueAt = memberOf(values);
    for (let i = 0; i < numRows; i++) {
      const value = valueAt(i) ?? null;
      if (value === null) isNullable[j] = true;
      else if (!accepts(value))
        throw new DataError(`row ${i + 1} holds ${describe(value)}, expected ${expected} (type ${type})`, { where });
    }
  }
  return { numRows, isNullable };
}

/** Values `start` (inclusive) to `end` (exclusive) as the binary writers take them: JSON as text, 64-bit integers as bigints. */
export function columnSlice({ type, values }: Column, start: number, end: number): unknown[] {
  const valueAt = memberOf(values);
  return Array.from({ length: end - start }, (_, i) => {
    const value = valueAt(start + i) ?? null;
    if (value === null) return null;
    if (type === 'json') return JSON.stringify(value);
    return type === 'int64' ? BigInt(value as number | bigint) : value;
  });
}

/** Columns of records: the union of their fields in order of first appearance, each with the narrowest type that holds its values. */
export function columnsOfRecords(records: readonly Readonly<Record<string, unknown>>[]): Column[] {
  const names = new Set(records.flatMap((record) => Object.keys(record)));
  return [...names].map((name) => {
    const values = records.map((record) => (Object.hasOwn(record, name) ? record[name] : null) ?? null);
    return { name, type: narrowestType(values), values };
  });
}

function narrowestType(values: readonly unknown[]): ColumnType {
  const known = values.filter((value) => value !== null);
  const isAll = (type: ColumnType): boolean => known.every(EXPECTED[type][0]);
  if (known.length === 0) return 'string';
  return (['string', 'boolean', 'int64', 'double'] as const).find((type) => isAll(type)) ?? 'json';
}

function describe(value: unknown): string {
  return typeof value === 'string' ? `the string ${JSON.stringify(value.slice(0, 40))}` : `${typeof value} ${String(value).slice(0, 40)}`;
}
