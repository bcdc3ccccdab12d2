import type { Data } from 'apache-arrow';
import type * as Arrow from 'apache-arrow';

/**
 * Compares every count of a column with the bytes and values there are: a damaged length would otherwise run on for years, and a damaged
 * offset would cut text short without a word.
 * @throws {Error} that names the first one that does not fit.
 */
export function checkCounts(arrow: typeof Arrow, data: Data, numValues = data.length): void {
  const { DataType } = arrow;
  const { type } = data;
  const need = (name: string, needed: number, present: number): void => {
    if (!(needed <= present)) throw new Error(`a column of type ${arrow.Type[type.typeId]} needs ${needed} ${name}, there are ${present}`);
  };
  need('values', numValues, data.length);
  if (data.length === 0 || DataType.isNull(type)) return;
  if (!DataType.isUnion(type) && data.nullCount > 0) need('bytes of null bits', Math.ceil(data.length / 8), data.nullBitmap?.length ?? 0);

  if (DataType.isUnion(type)) need('type ids', data.length, data.typeIds.length);
  else if (DataType.isBool(type)) need('bytes', Math.ceil(data.length / 8), data.values.length);
  else if (data.valueOffsets === undefined && data.children.length === 0) {
    need('elements', data.length * data.stride, data.values?.length ?? 0);
  }

  if (DataType.isUnion(type)) {
    if (type.mode === arrow.UnionMode.Dense) need('offsets', data.length, data.valueOffsets.length);
    const isSparse = type.mode === arrow.UnionMode.Sparse;
    data.children.forEach((child) => checkCounts(arrow, child, isSparse ? data.length : child.length));
  } else if (data.valueOffsets !== undefined) {
    const child = data.children[0];
    need('offsets', data.length + 1, data.valueOffsets.length);
    checkOffsets(data.valueOffsets, data.length, child?.length ?? data.values?.length ?? 0);
    if (child !== undefined) checkCounts(arrow, child);
  } else {
    const perValue = DataType.isFixedSizeList(type) ? type.listSize : 1;
    data.children.forEach((child) => checkCounts(arrow, child, data.length * perValue));
  }
}

function checkOffsets(offsets: Int32Array | BigInt64Array, numValues: number, end: number): void {
  let previous = 0;
  for (let i = 0; i <= numValues; i++) {
    const offset = Number(offsets[i]);
    if (offset < previous || offset > end) throw new Error(`offset ${i} is ${offset}, after ${previous} and with an end of ${end}`);
    previous = offset;
  }
}
