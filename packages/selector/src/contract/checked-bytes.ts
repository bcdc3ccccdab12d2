import { ContractError, describeValue } from '@pharmacist/core';

/** What a definition says it keeps of a row. @throws {ContractError} if that is no number of bytes. */
export function checkedBytes(value: number, where: string): number {
  if (typeof value === 'number' && value >= 0 && Number.isFinite(value)) return value;
  throw new ContractError(`gives ${describeValue(value)} for rowBytes`, { where, hint: 'return a number of bytes' });
}
