import type { Data, DataType, Field, Vector } from 'apache-arrow';
import type * as Arrow from 'apache-arrow';
import { checkCounts } from './arrow-checks.ts';
import { dateText, intervalText, timestampText, timeText, type TimeUnit } from './calendar.ts';
import {
  bytesValue,
  decimalValue,
  fixedBytesValue,
  floatValue,
  halfFloatValue,
  integerValue,
  jsonValue,
  mapValue,
  textValue,
  uuidValue,
  wordsInteger,
} from './values.ts';

/** The value at an index of a column, by the rule of values.ts. */
export type ValueAt = (i: number) => unknown;

/** In the order of Arrow's enumeration. */
const UNITS: readonly TimeUnit[] = ['second', 'millisecond', 'microsecond', 'nanosecond'];
const MILLISECONDS_PER_DAY = 86_400_000n;
const VIEW_BYTES = 16;
const INLINE_BYTES = 12;

/**
 * Reads values straight from a column's buffers. Arrow's own accessors drop a byte-order mark, hide invalid UTF-8, give decimals as
 * words and timestamps as milliseconds, and leave vectors inside structs and maps.
 * @param data a column, or a child of one, as it comes from a file: whole, not a slice of another.
 */
export function valuesOf(arrow: typeof Arrow, { type, metadata }: Field, data: Data): ValueAt {
  const { DataType } = arrow;
  if (DataType.isNull(type)) return () => null;
  if (DataType.isUnion(type)) return unionValues(arrow, type, data);
  const valueAt = DataType.isDictionary(type)
    ? dictionaryValues(arrow, type, data)
    : (nestedValues(arrow, type, data) ?? plainValues(arrow, type, data, metadata.get('ARROW:extension:name')));
  return (i) => (data.getValid(i) ? valueAt(i) : null);
}

function nestedValues(arrow: typeof Arrow, type: DataType, data: Data): ValueAt | undefined {
  const { DataType } = arrow;
  const children = () => type.children.map((field: Field, j) => valuesOf(arrow, field, data.children[j]!));
  const range = <T>(start: number, end: number, valueAt: (i: number) => T): T[] =>
    Array.from({ length: end - start }, (_, k) => valueAt(start + k));
  if (DataType.isStruct(type)) {
    const members = type.children.map((field, j) => ({ name: field.name, valueAt: valuesOf(arrow, field, data.children[j]!) }));
    return (i) => Object.fromEntries(members.map(({ name, valueAt }) => [name, valueAt(i)]));
  }
  if (DataType.isFixedSizeList(type)) {
    const [valueAt] = children();
    return (i) => range(i * type.listSize, (i + 1) * type.listSize, valueAt!);
  }
  const offsets: Int32Array | BigInt64Array = data.valueOffsets;
  if (DataType.isList(type) || DataType.isLargeList(type)) {
    const [valueAt] = children();
    return (i) => range(Number(offsets[i]), Number(offsets[i + 1]), valueAt!);
  }
  if (DataType.isMap(type)) {
    const entries: Data = data.children[0]!;
    const [key, value] = type.children[0]!.type.children.map((field: Field, j: number) => valuesOf(arrow, field, entries.children[j]!));
    return (i) => mapValue(range(Number(offsets[i]), Number(offsets[i + 1]), (at) => [key!(at), value!(at)] as const));
  }
  return undefined;
}

function unionValues(arrow: typeof Arrow, type: Arrow.Union, data: Data): ValueAt {
  const members = type.children.map((field, j) => valuesOf(arrow, field, data.children[j]!));
  const offsets: Int32Array | undefined = type.mode === arrow.UnionMode.Dense ? data.valueOffsets : undefined;
  return (i) => members[type.typeIdToChildIndex[data.typeIds[i]]!]!(offsets === undefined ? i : offsets[i]!);
}

function dictionaryValues(arrow: typeof Arrow, type: Arrow.Dictionary, data: Data): ValueAt {
  const dictionary: Vector | undefined = data.dictionary;
  if (dictionary === undefined) throw new Error('a dictionary is missing');
  const values = decodedDictionaries.get(dictionary) ?? decodeDictionary(arrow, type, dictionary);
  decodedDictionaries.set(dictionary, values);
  return (i) => {
    const index = Number(data.values[i]);
    if (!(index in values)) throw new Error(`a dictionary of ${values.length} values has none at ${index}`);
    return values[index];
  };
}

/** All batches of a file share its dictionaries: each is decoded once. */
const decodedDictionaries = new WeakMap<Vector, readonly unknown[]>();

function decodeDictionary(arrow: typeof Arrow, type: Arrow.Dictionary, dictionary: Vector): unknown[] {
  const field = new arrow.Field('', type.dictionary);
  return dictionary.data.flatMap((part) => {
    checkCounts(arrow, part);
    const valueAt = valuesOf(arrow, field, part);
    return Array.from({ length: part.length }, (_, i) => valueAt(i));
  });
}

function plainValues(arrow: typeof Arrow, type: DataType, data: Data, extension: string | undefined): ValueAt {
  const { DataType, DateUnit, Precision } = arrow;
  const bytesAt = () => (DataType.isUtf8View(type) || DataType.isBinaryView(type) ? viewedBytes(data) : offsetBytes(data));
  if (DataType.isUtf8(type) || DataType.isLargeUtf8(type) || DataType.isUtf8View(type)) {
    const bytes = bytesAt();
    return extension === 'arrow.json' ? (i) => jsonValue(textValue(bytes(i))) : (i) => textValue(bytes(i));
  }
  if (DataType.isBinary(type) || DataType.isLargeBinary(type) || DataType.isBinaryView(type)) {
    const bytes = bytesAt();
    return (i) => bytesValue(bytes(i));
  }
  const { values } = data;
  if (DataType.isBool(type)) return (i) => ((values[i >> 3] >> (i & 7)) & 1) === 1;
  if (DataType.isInt(type) || DataType.isDuration(type)) return (i) => integerValue(values[i]);
  if (DataType.isFloat(type)) return type.precision === Precision.HALF ? (i) => halfFloatValue(values[i]) : (i) => floatValue(values[i]);
  if (DataType.isDecimal(type)) {
    const numWords = type.bitWidth / 32;
    return (i) => decimalValue(wordsInteger(values.subarray(i * numWords, (i + 1) * numWords)), type.scale);
  }
  if (DataType.isFixedSizeBinary(type)) {
    const valueOf = extension === 'arrow.uuid' ? uuidValue : fixedBytesValue;
    return (i) => valueOf(values.subarray(i * type.byteWidth, (i + 1) * type.byteWidth));
  }
  if (DataType.isDate(type)) {
    return type.unit === DateUnit.DAY
      ? (i) => dateText(values[i])
      : (i) => dateText(Math.floor(Number(values[i]) / Number(MILLISECONDS_PER_DAY)));
  }
  if (DataType.isTime(type)) return (i) => timeText(BigInt(values[i]), UNITS[type.unit]!);
  if (DataType.isTimestamp(type)) {
    const isInstant = Boolean(type.timezone);
    return (i) => timestampText(values[i], UNITS[type.unit]!, isInstant);
  }
  if (DataType.isInterval(type)) return intervalValues(arrow, type, values);
  throw new Error(`values of type ${arrow.Type[type.typeId]} are not read here`);
}

function intervalValues({ IntervalUnit }: typeof Arrow, type: Arrow.Interval, values: Int32Array): ValueAt {
  if (type.unit === IntervalUnit.YEAR_MONTH) return (i) => intervalText(values[i]!, 0, 0n);
  if (type.unit === IntervalUnit.DAY_TIME) return (i) => intervalText(0, values[2 * i]!, BigInt(values[2 * i + 1]!) * 1_000_000n);
  return (i) => {
    const [months, days, low, high] = values.subarray(4 * i, 4 * i + 4);
    return intervalText(months!, days!, (BigInt(high!) << 32n) | BigInt(low! >>> 0));
  };
}

function offsetBytes(data: Data): (i: number) => Uint8Array {
  const offsets: Int32Array | BigInt64Array = data.valueOffsets;
  const values: Uint8Array = data.values;
  return (i) => values.subarray(Number(offsets[i]), Number(offsets[i + 1]));
}

/** Views hold short values themselves, and of longer ones buffer and offset (Arrow columnar format, "Variable-size Binary View Layout"). */
function viewedBytes(data: Data): (i: number) => Uint8Array {
  const values: Uint8Array = data.values;
  const view = new DataView(values.buffer, values.byteOffset, values.byteLength);
  return (i) => {
    const at = i * VIEW_BYTES;
    const numBytes = view.getInt32(at, true);
    if (numBytes >= 0 && numBytes <= INLINE_BYTES) return values.subarray(at + 4, at + 4 + numBytes);
    const start = view.getInt32(at + 12, true);
    const bytes = data.variadicBuffers[view.getInt32(at + 8, true)]?.subarray(start, start + numBytes);
    if (start < 0 || bytes?.length !== numBytes) throw new Error(`a view of ${numBytes} bytes goes beyond its buffer`);
    return bytes;
  };
}
