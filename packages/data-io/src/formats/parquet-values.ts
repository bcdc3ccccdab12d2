import type { SchemaElement, SchemaTree } from 'hyparquet';
import { dateText, intervalText, timestampText, timeText, type TimeUnit } from './calendar.ts';
import * as rule from './values.ts';

/** Turns a value as it is stored into a row's value, by the rule of values.ts. */
export type ReadValue = (stored: unknown) => unknown;

const TIME_UNITS: Readonly<Record<string, TimeUnit>> = {
  MILLIS: 'millisecond',
  MICROS: 'microsecond',
  NANOS: 'nanosecond',
  TIME_MILLIS: 'millisecond',
  TIME_MICROS: 'microsecond',
  TIMESTAMP_MILLIS: 'millisecond',
  TIMESTAMP_MICROS: 'microsecond',
};

/** Text is decoded by the library, once for all places of a value in a dictionary; bytes that are no text stay bytes. */
export const STORED_PARSERS = {
  stringFromBytes: (bytes: Uint8Array): unknown => {
    try {
      return bytes && rule.textValue(bytes);
    } catch {
      return bytes;
    }
  },
  // Of INT96, which nothing says more about: a wall clock's reading, as pyarrow and DuckDB have it.
  timestampFromNanoseconds: (count: bigint): unknown => timestampText(count, 'nanosecond', false),
};

/**
 * The schema without the annotations that make the library convert: its decimals are products of doubles, its timestamps milliseconds,
 * its maps lose keys, and an interval ends the reading. Byte arrays count as text, which `STORED_PARSERS` can take back.
 */
export function storedSchema(schema: readonly SchemaElement[], root: SchemaTree): SchemaElement[] {
  const stored = new Map<SchemaElement, SchemaElement>();
  const visit = ({ element, children }: SchemaTree): void => {
    if (element.logical_type?.type === 'VARIANT') return;
    const { converted_type: converted, logical_type: _, ...plain } = element;
    if (converted === 'LIST') stored.set(element, element);
    else stored.set(element, element.type === 'BYTE_ARRAY' && !isDecimal(element) ? { ...plain, converted_type: 'UTF8' } : plain);
    children.forEach(visit);
  };
  visit(root);
  return schema.map((element) => stored.get(element) ?? element);
}

/** Reads the values of one field, nested or not, that were decoded with `storedSchema` and `STORED_PARSERS`. */
export function readerOf(node: SchemaTree): ReadValue {
  const one = orNull(readerOfOne(node));
  return node.element.repetition_type === 'REPEATED' ? orNull((stored) => (stored as unknown[]).map(one)) : one;
}

function readerOfOne(node: SchemaTree): ReadValue {
  const { element, children } = node;
  if (element.logical_type?.type === 'VARIANT') return variantValue;
  if (children.length === 0) return leafReader(element);
  const [child] = children;
  if (children.length === 1 && child?.element.repetition_type === 'REPEATED') {
    if (element.converted_type === 'LIST' && child.children.length < 2) {
      const item = child.children[0];
      const readItem = item === undefined ? orNull(readerOfOne(child)) : readerOf(item);
      return (stored) => (stored as unknown[]).map(readItem);
    }
    const isMap = element.logical_type?.type === 'MAP' || element.converted_type === 'MAP' || element.converted_type === 'MAP_KEY_VALUE';
    if (isMap && child.children.length === 2) return mapReader(child);
  }
  const members = children.map((member) => ({ name: member.element.name, read: readerOf(member) }));
  return (stored) => Object.fromEntries(members.map(({ name, read }) => [name, read((stored as Record<string, unknown>)[name])]));
}

function mapReader(entries: SchemaTree): ReadValue {
  const [key, value] = entries.children.map(({ element }) => element.name);
  const [readKey, readMember] = entries.children.map(readerOf);
  return (stored) => {
    const pairs = ((stored as Record<string, unknown>)[entries.element.name] ?? []) as Record<string, unknown>[];
    return rule.mapValue(pairs.map((pair) => [readKey!(pair[key!]), readMember!(pair[value!])]));
  };
}

function leafReader(element: SchemaElement): ReadValue {
  const { type, converted_type: converted, logical_type: logical } = element;
  const annotation = logical?.type ?? converted;
  const unit = TIME_UNITS[(logical !== undefined && 'unit' in logical ? logical.unit : converted) ?? ''];
  if (isDecimal(element)) {
    const scale = (logical?.type === 'DECIMAL' ? logical.scale : element.scale) ?? 0;
    return (stored) => rule.decimalValue(stored instanceof Uint8Array ? rule.bigEndianInteger(stored) : BigInt(stored as number), scale);
  }
  if (annotation === 'DATE') return (stored) => dateText(Number(stored));
  if (unit !== undefined) {
    if (annotation?.startsWith('TIME') === true && !annotation.startsWith('TIMESTAMP'))
      return (stored) => timeText(BigInt(stored as number), unit);
    // Without the newer annotation it is an instant (Parquet format, "Deprecated timestamp ConvertedType").
    const isInstant = logical?.type === 'TIMESTAMP' ? logical.isAdjustedToUTC : true;
    return (stored) => timestampText(BigInt(stored as number), unit, isInstant);
  }
  if (annotation === 'JSON') return (stored) => rule.jsonValue(requireText(stored));
  if (annotation === 'STRING' || annotation === 'UTF8' || annotation === 'ENUM') return requireText;
  if (type === 'FIXED_LEN_BYTE_ARRAY') return fixedReader(annotation);
  if (type === 'BYTE_ARRAY') return (stored) => (stored instanceof Uint8Array ? rule.bytesValue(stored) : stored);
  if (type === 'INT32' || type === 'INT64') {
    const isUnsigned = logical?.type === 'INTEGER' ? !logical.isSigned : converted?.startsWith('UINT') === true;
    if (!isUnsigned) return (stored) => rule.integerValue(stored as number | bigint);
    return type === 'INT32' ? (stored) => (stored as number) >>> 0 : (stored) => rule.integerValue(BigInt.asUintN(64, stored as bigint));
  }
  if (type === 'FLOAT' || type === 'DOUBLE') return (stored) => rule.floatValue(stored as number);
  return (stored) => stored;
}

function fixedReader(annotation: string | undefined): ReadValue {
  if (annotation === 'UUID') return (stored) => rule.uuidValue(stored as Uint8Array);
  if (annotation === 'FLOAT16') return (stored) => rule.halfFloatValue(new DataView(exactBuffer(stored as Uint8Array)).getUint16(0, true));
  if (annotation === 'INTERVAL') {
    return (stored) => {
      const parts = new DataView(exactBuffer(stored as Uint8Array));
      return intervalText(parts.getUint32(0, true), parts.getUint32(4, true), BigInt(parts.getUint32(8, true)) * 1_000_000n);
    };
  }
  return (stored) => rule.fixedBytesValue(stored as Uint8Array);
}

function isDecimal({ converted_type: converted, logical_type: logical }: SchemaElement): boolean {
  return converted === 'DECIMAL' || logical?.type === 'DECIMAL';
}

function requireText(stored: unknown): string {
  if (typeof stored === 'string') return stored;
  throw new rule.UnreadableValue('is not valid UTF-8');
}

function orNull(read: ReadValue): ReadValue {
  return (stored) => (stored === null || stored === undefined ? null : read(stored));
}

function exactBuffer(bytes: Uint8Array): ArrayBuffer {
  return Uint8Array.from(bytes).buffer;
}

/** A variant names the type of each value itself; the library has decoded it. */
function variantValue(value: unknown): unknown {
  if (value === null || value === undefined) return null;
  if (typeof value === 'bigint') return rule.integerValue(value);
  if (typeof value === 'number') return rule.floatValue(value);
  if (typeof value !== 'object') return value;
  if (value instanceof Date) return timestampText(BigInt(value.getTime()), 'millisecond', true);
  if (value instanceof Uint8Array) return rule.bytesValue(value);
  if (Array.isArray(value)) return value.map(variantValue);
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, variantValue(member)]));
}
