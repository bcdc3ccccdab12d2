import { goldenPath } from '@pharmacist/test-fixtures';
import { expect, it } from 'vitest';
import { readRows } from '../src/index.ts';

/** Written by pyarrow, with the rows they must give as JSON Lines: tooling/goldens/typed_values.py. */
const fixture = (name: string): string => goldenPath('data-io', 'typed-values', name);

async function idsAndFields(name: string): Promise<{ ids: string[]; fields: Record<string, unknown>[] }> {
  const { rows } = await readRows(fixture(name));
  return { ids: rows.map(({ id }) => id), fields: rows.map(({ fields }) => fields) };
}

it.each([
  ['every', 'every.arrow.gz'],
  ['every', 'every.arrows.gz'],
  ['every', 'every-zstd.feather.gz'],
  ['every', 'every-lz4.feather.gz'],
  ['every', 'every.parquet.gz'],
  ['every', 'every-integers.parquet.gz'],
  ['arrow', 'arrow.arrow'],
  ['arrow', 'arrow.arrows'],
])('%s.jsonl: %s gives the same rows and ids', async (table, name) => {
  expect(await idsAndFields(name)).toEqual(await idsAndFields(`${table}.jsonl`));
});

it('INT96 is a wall clock', async () => {
  const { fields } = await idsAndFields('every.jsonl');
  const column = 'timestamp ns None';
  expect((await idsAndFields('int96.parquet')).fields.map((row) => row[column])).toEqual(fields.map((row) => row[column]));
});

it.each([
  ['run-end', 'RunEndEncoded'],
  ['list-view', 'ListView'],
])('%s is named and refused', async (name, type) => {
  await expect(readRows(fixture(`unsupported-${name}.arrow`))).rejects.toMatchObject({
    code: 'E_DATA',
    message: `has a column of the Arrow type ${type}, which is not read here`,
  });
});
