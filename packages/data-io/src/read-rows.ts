import { DataError, InternalError, slices, TypedList } from '@pharmacist/core';
import type { Table } from 'apache-arrow';
import { DuplicateTally } from './duplicates.ts';
import type { FieldMap } from './field-map.ts';
import { LeftOutTally } from './left-out.ts';
import { PackedRows } from './packed-rows.ts';
import { ProblemLog, problemsError, type RowProblem } from './problems.ts';
import { fieldValue } from './field-problem.ts';
import { type ResolvedFields, resolveFields } from './resolve-fields.ts';
import { derivedId, explicitId, IdAllocator } from './row-ids.ts';
import type { AlignmentRow } from './row.ts';
import type { RowSet } from './row-set.ts';
import { IdIndex, IdList } from './store/id-list.ts';
import { rememberText } from './source-text.ts';
import { FileReader } from './read-files.ts';
import type { RowSource } from './source/source-name.ts';
import type { StreamOptions } from './stream-records.ts';

export interface ReadOptions extends Omit<StreamOptions, 'onProblem'> {
  map?: FieldMap;
  /** Names the fields by the first record, for files of several forms; where it gives undefined, `map` does. */
  mapOf?: (first: Readonly<Record<string, unknown>>) => FieldMap | undefined;
  /** What to do about records without the fields of the map, where the map is not the user's: by default, to name the fields by one. */
  mapHint?: string;
  /** Leaves invalid records out and counts them, instead of throwing. A file that is cut short still throws. */
  skipInvalid?: boolean;
  /** True by default; false reads rows that are prompts only. */
  requireResponse?: boolean;
  /** Keeps rows in little memory, see PackedRows: their parts are made when they are asked for, and anew each time. */
  isPacked?: boolean;
  /** Bytes of packed rows in memory, 128 MiB if left out; what comes after them lies in a file of TMPDIR meanwhile. */
  keptBytes?: number;
  /** Sees each row that is taken, in order, while its texts are at hand: packed rows are parsed anew later on. */
  onRow?: (row: Pick<AlignmentRow, 'prompt' | 'fields'>) => void;
}

/** Records without usable field names after which reading stops: the file is of another form, more lines would say the same. */
const MAX_UNMAPPED = 100;
export const MAP_HINT = 'name the fields, for instance --map prompt=question,response=answer';

/**
 * Reads files of alignment rows into memory, as one.
 * @param source as in `streamRecords`.
 * @throws {DataError} one for all problems of the files (invalid records, missing or empty fields, duplicate ids, no rows at all).
 * @throws {FileError} if it cannot be read. @throws {ConfigError} if its format is unknown. @throws {InterruptedError} on abort.
 */
export async function readRows(source: RowSource, options: ReadOptions = {}): Promise<RowSet> {
  const reader = await FileReader.open(source, { ...options, keepText: true });
  const { label } = reader;
  const log = new ProblemLog();
  const onProblem = (problem: RowProblem): void => log.add(problem);
  const duplicates = new DuplicateTally();
  const plain: Omit<AlignmentRow, 'id'>[] = [];
  const packed = options.isPacked === true ? new PackedRows((record) => resolveAgain(record), options) : undefined;
  const own = new OwnIds();
  const leftOut = new LeftOutTally();
  let numRead = 0;
  let numUnmapped = 0;
  let map: FieldMap | undefined;
  const resolveAgain = (record: Record<string, unknown>): ResolvedFields => {
    const resolved = resolveFields(record, map!, options.requireResponse ?? true);
    if ('what' in resolved)
      throw new InternalError(`a row that was read is not one when it is read again: ${resolved.what}`, { where: label });
    return resolved;
  };
  for await (const { record, line, text, source: file, place } of reader.records(onProblem)) {
    numRead++;
    map ??= options.mapOf?.(record) ?? options.map ?? {};
    const resolved = resolveFields(record, map, options.requireResponse ?? true);
    if ('what' in resolved) {
      const { field, what, isMapping } = resolved;
      onProblem({ ...reader.placeOf(place), what, ...(field === undefined ? {} : { field }) });
      if (isMapping && own.numRows === 0 && ++numUnmapped >= MAX_UNMAPPED) break;
      continue;
    }
    const onIdProblem = (problem: Pick<RowProblem, 'field' | 'what'>): void => onProblem({ ...reader.placeOf(place), ...problem });
    const id = readId(record, map.id, own, onIdProblem, (earlier) => reader.nameOf(earlier));
    if (id === null) continue;
    if (text !== undefined) rememberText(record, text);
    const { prompt, response, parts } = resolved;
    leftOut.add(record, resolved, map.id);
    const position = { source: file, line };
    if (packed === undefined) plain.push({ prompt, response, ...(parts && { parts }), fields: record, position });
    else packed.push(record, position);
    options.onRow?.({ prompt, fields: record });
    own.push(id, place);
    duplicates.add(derivedId(prompt, response));
  }
  const { numRows } = own;
  if (numRows === 0) throw noRows(label, log, numUnmapped === log.total ? (options.mapHint ?? MAP_HINT) : undefined);
  if (log.isCutShort || (log.total > 0 && options.skipInvalid !== true)) throw problemsError(label, log.first, log.total, log.hint);
  const ids = await allIds(own, duplicates, options.signal);
  const rows = packed === undefined ? plain.map((row, i): AlignmentRow => ({ id: ids.at(i), ...row })) : packed.rows(ids);
  const numBroken = log.total - (numRead - rows.length);
  return {
    rows,
    idOrder: async (signal) => await ids.order(signal),
    inOrder: async (order, signal) =>
      packed === undefined ? Array.from(order, (number) => rows[number]!) : await packed.inOrder(order, signal),
    table: async () => await tableOf(rows),
    report: {
      source: label,
      ...reader.summary(),
      numRead: numRead + numBroken,
      numSkipped: log.total,
      problems: log.first,
      duplicates: duplicates.report((place) => rows[place]!),
      leftOut: leftOut.summary(),
    },
  };
}

/** Ids that rows brought along, in the order of the rows. */
class OwnIds {
  readonly index = new IdIndex();
  /** Where each of them stands. */
  readonly #places = new TypedList((length) => new Float64Array(length));
  /** Of each row the number of its own id; -1 if it has none. */
  readonly #numbers = new TypedList((length) => new Int32Array(length));

  get numRows(): number {
    return this.#numbers.length;
  }

  push(id: string | undefined, place: number): void {
    this.#numbers.push(id === undefined ? -1 : this.index.ids.length);
    if (id === undefined) return;
    this.index.add(id);
    this.#places.push(place);
  }

  /** The place of the row that has this id. */
  placeOf(id: string): number | undefined {
    const number = this.index.indexOf(id);
    return number < 0 ? undefined : this.#places.at(number);
  }

  of(row: number): string | undefined {
    const number = this.#numbers.at(row);
    return number < 0 ? undefined : this.index.ids.at(number);
  }
}

/** The ids of all rows: their own, or derived ones. @throws {InterruptedError} */
async function allIds(own: OwnIds, duplicates: DuplicateTally, signal: AbortSignal | undefined): Promise<IdList> {
  const allocator = new IdAllocator(own.index, duplicates.numDistinct);
  const ids = new IdList();
  for await (const [start, end] of slices(own.numRows, { signal })) {
    for (let i = start; i < end; i++) ids.push(own.of(i) ?? allocator.allocate(duplicates.contentOf(i), duplicates.numberOf(i)));
  }
  return ids;
}

/** Undefined if the row has no id of its own; null if it has one that cannot be used, which is reported. */
function readId(
  record: Record<string, unknown>,
  mapped: string | undefined,
  ids: OwnIds,
  onProblem: (problem: Pick<RowProblem, 'field' | 'what'>) => void,
  nameOf: (place: number) => string,
): string | undefined | null {
  const field = mapped ?? 'id';
  const own = explicitId(fieldValue(record, field));
  if (own === undefined) {
    if (mapped === undefined) return undefined;
    onProblem({ field, what: 'is missing' });
    return null;
  }
  const earlier = 'id' in own ? ids.placeOf(own.id) : undefined;
  if ('what' in own || earlier !== undefined) {
    onProblem({ field, what: 'what' in own ? own.what : `is "${own.id}", the id of ${nameOf(earlier!)} too` });
    return null;
  }
  return own.id;
}

/** @param mapHint what to do if not one record has the fields; undefined if that is not what is wrong. */
function noRows(label: string, log: ProblemLog, mapHint: string | undefined): DataError {
  if (log.total === 0) return new DataError('holds no rows', { where: label, hint: 'name a file with at least one row' });
  // Where every record fails for the same reason, one line says it all.
  if (mapHint !== undefined) return problemsError(label, log.first.slice(0, 1), 1, mapHint);
  return problemsError(label, log.first, log.total, log.isCutShort ? log.hint : 'correct the file: not one row of it is valid');
}

async function tableOf(rows: readonly AlignmentRow[]): Promise<Table> {
  const { Table, Utf8, vectorFromArray } = await import('apache-arrow');
  // Plain Utf8: left to itself Arrow makes dictionaries of strings.
  const column = (name: 'id' | 'prompt' | 'response') =>
    vectorFromArray(
      rows.map((row) => row[name]),
      new Utf8(),
    );
  return new Table({ id: column('id'), prompt: column('prompt'), response: column('response') });
}
