import { DataError } from '@pharmacist/core';

/** Beyond this, rows may be no more than `MAX_ROWS_PER_BYTE` for each byte of the file. */
const FREE_ROWS = 2 ** 20;
const MAX_ROWS_PER_BYTE = 100;

/**
 * Equal rows can be stored a million a byte, and a few bytes then say how much memory is taken.
 * @throws {DataError} if a file has far more rows than its bytes can tell apart.
 */
export function requireDensity(numRows: number, numBytes: number, label: string): void {
  if (numRows <= FREE_ROWS || numRows <= MAX_ROWS_PER_BYTE * numBytes) return;
  throw new DataError(`holds ${numRows.toLocaleString('en')} rows in ${numBytes.toLocaleString('en')} bytes`, {
    where: label,
    hint: 'copy or download the file again; if it is whole, its rows are nearly all alike: take the repeated ones out',
  });
}
