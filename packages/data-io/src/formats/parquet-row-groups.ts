import type { ColumnChunk, FileMetaData, SchemaTree } from 'hyparquet';

/** A column whose values are stored: a leaf of the schema. */
export interface Leaf {
  name: string;
  type: string | undefined;
  typeLength: number;
  /** Highest repetition and definition levels, 0 where none are stored. */
  maxRepetition: number;
  maxDefinition: number;
}

/** Beyond this many elements V8 turns an array into a hash table, at ten times the memory. */
const MAX_VALUES = 2 ** 25;

/**
 * Compares the row groups with the schema and with the file.
 * @returns the leaves of the schema, in the order of each row group's columns.
 * @throws {Error} that names the first thing that does not fit.
 */
export function checkRowGroups(metadata: FileMetaData, root: SchemaTree, numBytes: number): Leaf[] {
  const leaves = leavesOf(root, 0, 0);
  let numRows = 0n;
  for (const [i, group] of metadata.row_groups.entries()) {
    const where = `row group ${i + 1}`;
    requireCount(group.num_rows, MAX_VALUES, `${where}: rows`);
    if (group.columns.length !== leaves.length) throw new Error(`${where} has ${group.columns.length} of ${leaves.length} columns`);
    group.columns.forEach((column, j) => checkColumn(column, leaves[j]!, group.num_rows, numBytes, where));
    numRows += group.num_rows;
  }
  if (numRows !== metadata.num_rows) throw new Error(`its row groups have ${numRows} rows and the file ${metadata.num_rows}`);
  return leaves;
}

/** Where the pages of a column lie in the file, the dictionary's first. */
export function columnRange({ meta_data: column }: ColumnChunk): { start: number; end: number } {
  const { dictionary_page_offset: dictionary, data_page_offset: data, total_compressed_size: size } = column!;
  // As the library has it: a dictionary offset of 0 is none.
  const start = Number(dictionary || data);
  return { start, end: start + Number(size) };
}

function checkColumn(column: ColumnChunk, leaf: Leaf, numRows: bigint, numBytes: number, where: string): void {
  const place = `${where}, column "${leaf.name}"`;
  const { meta_data: meta } = column;
  if (meta === undefined) throw new Error(`${place} has no description`);
  if (meta.path_in_schema.join('.') !== leaf.name) throw new Error(`${place} is called "${meta.path_in_schema.join('.')}"`);
  requireCount(meta.num_values, MAX_VALUES, `${place}: values`);
  const isNested = leaf.maxRepetition > 0;
  if (isNested ? meta.num_values < numRows : meta.num_values !== numRows) {
    throw new Error(`${place} has ${meta.num_values} values for ${numRows} rows`);
  }
  for (const offset of [meta.data_page_offset, meta.total_compressed_size, meta.dictionary_page_offset ?? 0n]) {
    if (typeof offset !== 'bigint' || offset < 0n) throw new Error(`${place} lies at ${offset}`);
  }
  const { start, end } = columnRange(column);
  if (end > numBytes) throw new Error(`${place} lies from ${start} to ${end}, beyond the end`);
}

function requireCount(count: bigint, max: number, what: string): void {
  if (typeof count !== 'bigint' || count < 0n || count > BigInt(max)) throw new Error(`${what}: ${count} is not between 0 and ${max}`);
}

function leavesOf(node: SchemaTree, repetition: number, definition: number): Leaf[] {
  return node.children.flatMap((child) => {
    const { repetition_type: kind, type, type_length: typeLength } = child.element;
    const maxRepetition = repetition + (kind === 'REPEATED' ? 1 : 0);
    const maxDefinition = definition + (kind === 'REQUIRED' ? 0 : 1);
    if (child.children.length > 0) return leavesOf(child, maxRepetition, maxDefinition);
    return [{ name: child.path.join('.'), type, typeLength: typeLength ?? 0, maxRepetition, maxDefinition }];
  });
}
