import { type Column, type ColumnType, writeParquet } from '@pharmacist/data-io';
import { RESULT_METRICS, type ResultRow } from './result-row.ts';

/** Columns before and after the metrics; a column that happens to hold nothing, or whole numbers alone, keeps its type. */
const CELL_COLUMNS = [
  ...(['cell', 'method', 'defense'] as const).map((name) => ({ name, type: 'string' }) as const),
  ...(['keep', 'poisonRatio'] as const).map((name) => ({ name, type: 'double' }) as const),
  { name: 'seed', type: 'int64' },
  ...(['loraMode', 'length'] as const).map((name) => ({ name, type: 'string' }) as const),
  ...(['numRows', 'alignSteps', 'attackSteps'] as const).map((name) => ({ name, type: 'int64' }) as const),
  ...(['judge', 'task'] as const).map((name) => ({ name, type: 'string' }) as const),
] as const satisfies readonly TypedColumn[];
const METRIC_COLUMNS = RESULT_METRICS.flatMap((name) =>
  ([name, `${name}Low`, `${name}High`] as const).map((column): TypedColumn => ({ name: column, type: 'double' })),
);
const COST_COLUMNS = (['numErrored', 'numUnparsable', 'numEmpty', 'alignForward', 'alignBackward'] as const).map((name): TypedColumn => ({
  name,
  type: 'int64',
}));

interface TypedColumn {
  readonly name: keyof ResultRow;
  readonly type: ColumnType;
}

/**
 * `results.parquet`: one row a cell. Columns of what was not measured are null; there is a pool column where pools were drawn. Seconds are in
 * the summary of run.json: a run that was killed and continued ends with the same bytes here.
 */
export async function writeResults(path: string, rows: readonly ResultRow[]): Promise<void> {
  const poolColumns: TypedColumn[] = rows.some(({ pool }) => pool !== undefined) ? [{ name: 'pool', type: 'string' }] : [];
  const columns = [...poolColumns, ...CELL_COLUMNS, ...METRIC_COLUMNS, ...COST_COLUMNS];
  await writeParquet(
    path,
    columns.map(({ name, type }): Column => ({ name, type, values: rows.map((row) => row[name] ?? null) })),
  );
}
