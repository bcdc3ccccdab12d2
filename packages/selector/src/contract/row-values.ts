import { ContractError, describeValue } from '@pharmacist/core';
import type { ColumnValues, RowValues } from '../selector.ts';

/** Whose values, and what they are, for messages. */
export interface ValuesOf {
  /** `method mine`. */
  readonly where: string;
  /** `scores`, `values in column loss`. */
  readonly what: string;
  readonly numRows: number;
}

/** Values as f64, one a row. @throws {ContractError} if they are too few, too many, or no numbers. */
export function rowValues(values: RowValues, of: ValuesOf): Float64Array {
  const typed = columnValues(values, of);
  return typed instanceof Float64Array ? typed : new Float64Array(typed);
}

/** The same, f32 where they are given so. */
export function columnValues(values: RowValues, { where, what, numRows }: ValuesOf): ColumnValues {
  const hint = `give a Float64Array, or an array of numbers, with one ${what.startsWith('scores') ? 'score' : 'value'} a row in the rows' order`;
  if (!Array.isArray(values) && !(values instanceof Float64Array) && !(values instanceof Float32Array)) {
    throw new ContractError(`gives ${describeValue(values)} for its ${what}`, { where, hint });
  }
  if (values.length !== numRows) {
    throw new ContractError(`gives ${values.length} ${what} for ${numRows} ${numRows === 1 ? 'row' : 'rows'}`, {
      where,
      hint,
      details: { numRows, numValues: values.length },
    });
  }
  if (values instanceof Float64Array || values instanceof Float32Array) return values;
  const numbers = Float64Array.from(values, (value: unknown) => (typeof value === 'number' ? value : NaN));
  const wrong = values.findIndex((value: unknown) => typeof value !== 'number');
  if (wrong >= 0) throw new ContractError(`gives ${describeValue(values[wrong])} among its ${what}, which is no number`, { where, hint });
  return numbers;
}
