/** Some of a row's numbers, all others being 0. */
export interface SparseRow {
  /** Distinct columns, ascending. */
  readonly indices: Int32Array;
  /** One finite number an index. */
  readonly values: Float64Array;
}

/** A row of numbers, all of them (dense) or those that are not 0. */
export type FeatureRow = SparseRow | Float64Array;

/** Rows one after the other, as the loops of a fit want them: row i has the entries `starts[i]` to `starts[i + 1]`. */
export interface CompressedRows {
  /** [N + 1]. */
  readonly starts: Int32Array;
  /** [nonzeros] column of each entry. */
  readonly columns: Int32Array;
  /** [nonzeros]. */
  readonly values: Float64Array;
}

export function compressRows(rows: readonly FeatureRow[]): CompressedRows {
  const starts = new Int32Array(rows.length + 1);
  rows.forEach((row, i) => (starts[i + 1] = starts[i]! + rowValues(row).length));
  const columns = new Int32Array(starts[rows.length]!);
  const values = new Float64Array(starts[rows.length]!);
  rows.forEach((row, i) => {
    values.set(rowValues(row), starts[i]);
    columns.set(row instanceof Float64Array ? Int32Array.from(row.keys()) : row.indices, starts[i]);
  });
  return { starts, columns, values };
}

/** Sum of row[j] coefficients[j]. */
export function dot(row: FeatureRow, coefficients: Float64Array): number {
  let total = 0;
  if (row instanceof Float64Array) {
    for (let j = 0; j < row.length; j++) total += row[j]! * coefficients[j]!;
  } else {
    const { indices, values } = row;
    for (let k = 0; k < indices.length; k++) total += values[k]! * coefficients[indices[k]!]!;
  }
  return total;
}

function rowValues(row: FeatureRow): Float64Array {
  return row instanceof Float64Array ? row : row.values;
}
