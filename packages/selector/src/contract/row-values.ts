import { ContractError, describeValue } from '@pharmacist/core';
import type { RowValues } from '../selector.ts';

/** Whose values, and what they are, for messages. */
export interface ValuesOf {
  /** `method mine`. */
  readonly where: string;
  /** `scores`, `values in column loss`. */
  readonly what: string;
  readonly numRows: number;
}

/** Values as f64, one a row. @throws {ContractError} if they are too few, too many, or no numbers. */
export function rowValues(values: RowValues, { where, what, numRows }: ValuesOf): Float64Array {
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
  if (values instanceof Float64Array) return values;
  const numbers = Float64Array.from(values, (value: unknown) => (typeof value === 'number' ? value : NaN));
  const wrong = Array.isArray(values) ? values.findIndex((value: unknown) => typeof value !== 'number') : -1;
  if (wrong >= 0) throw new ContractError(`gives ${describeValue(values[wrong])} among its ${what}, which is no number`, { where, hint });
  return numbers;
}
