import { DataError, InternalError, slices } from '@pharmacist/core';
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
import { rememberText } from './source-text.ts';
import { FileReader } from './read-files.ts';
import type { RowSource } from './source/source-name.ts';
import type { StreamOptions } from './stream-records.ts';

export interface ReadOptions extends Omit<StreamOptions, 'onProblem'> {
  map?: FieldMap;
  /** Names the fields by the first record, for files of several forms; where it gives undefined, `map` does. */
  mapOf?: (first: Readonly<Record<string, unknown>>) => FieldMap | undefined;
  /** Leaves invalid records out and counts them, instead of throwing. A file that is cut short still throws. */
  skipInvalid?: boolean;
  /** True by default; false reads rows that are prompts only. */
  requireResponse?: boolean;
  /** Keeps rows in little memory, see PackedRows: their parts are made when they are asked for, and anew each time. */
  isPacked?: boolean;
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
  const ownIds: (string | undefined)[] = [];
  const contents: string[] = [];
  const duplicates = new DuplicateTally();
  const plain: Omit<AlignmentRow, 'id'>[] = [];
  const packed = options.isPacked === true ? new PackedRows((record) => resolveAgain(record)) : undefined;
  const placeById = new Map<string, number>();
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
      if (isMapping && ownIds.length === 0 && ++numUnmapped >= MAX_UNMAPPED) break;
      continue;
    }
    const onIdProblem = (problem: Pick<RowProblem, 'field' | 'what'>): void => onProblem({ ...reader.placeOf(place), ...problem });
    const id = readId(record, map.id, place, placeById, onIdProblem, (earlier) => reader.nameOf(earlier));
    if (id === null) continue;
    if (text !== undefined) rememberText(record, text);
    const { prompt, response, parts } = resolved;
    leftOut.add(record, resolved, map.id);
    const position = { source: file, line };
    if (packed === undefined) plain.push({ prompt, response, ...(parts && { parts }), fields: record, position });
    else packed.push(record, position);
    const content = derivedId(prompt, response);
    ownIds.push(id);
    contents.push(content);
    duplicates.add(content);
  }
  if (ownIds.length === 0) throw noRows(label, log, numUnmapped === log.total ? numUnmapped : 0);
  if (log.isCutShort || (log.total > 0 && options.skipInvalid !== true)) throw problemsError(label, log.first, log.total, log.hint);
  const ids = new IdAllocator(placeById);
  const rows: AlignmentRow[] = [];
  for await (const [start, end] of slices(ownIds.length, { signal: options.signal })) {
    for (let i = start; i < end; i++) {
      const id = ownIds[i] ?? ids.allocate(contents[i]!, duplicates.isOnlyOne(contents[i]!));
      rows.push(packed === undefined ? { id, ...plain[i]! } : packed.row(i, id));
    }
  }
  const numBroken = log.total - (numRead - rows.length);
  return {
    rows,
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

/** Undefined if the row has no id of its own; null if it has one that cannot be used, which is reported. */
function readId(
  record: Record<string, unknown>,
  mapped: string | undefined,
  place: number,
  placeById: Map<string, number>,
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
  const earlier = 'id' in own ? placeById.get(own.id) : undefined;
  if ('what' in own || earlier !== undefined) {
    onProblem({ field, what: 'what' in own ? own.what : `is "${own.id}", the id of ${nameOf(earlier!)} too` });
    return null;
  }
  placeById.set(own.id, place);
  return own.id;
}

function noRows(label: string, log: ProblemLog, numUnmapped: number): DataError {
  if (log.total === 0) return new DataError('holds no rows', { where: label, hint: 'name a file with at least one row' });
  // Where every record fails for the same reason, one line says it all.
  if (numUnmapped > 0) return problemsError(label, log.first.slice(0, 1), 1, MAP_HINT);
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
