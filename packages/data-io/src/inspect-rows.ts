import type { LeftOut } from './left-out.ts';
import { type ReadOptions, MAP_HINT } from './read-rows.ts';
import { mayHoldAnswer } from './find-answer.ts';
import { type Repetition, RowTally, type TextSummary } from './row-tally.ts';
import type { RowProblem } from './problems.ts';
import { FileReader } from './read-files.ts';
import type { ReadFile } from './row-set.ts';
import type { RowSource } from './source/source-name.ts';

export interface FieldSummary {
  name: string;
  /** How many values are of which type: string, number, boolean, list, object. Null is counted apart. */
  types: Record<string, number>;
  numNull: number;
  /** Records without the field. */
  numMissing: number;
}

/** What files of rows hold, as plain data. */
export interface RowInspection {
  source: string;
  format: string;
  /** SHA-256 and size as stored; of several files, the hash of the list of theirs. */
  sha256: string;
  bytes: number;
  files: ReadFile[];
  /** `prompts` if no record has a field for an answer and some give a prompt; `rows` otherwise. */
  kind: 'rows' | 'prompts';
  /** Records met, broken ones included. */
  numRecords: number;
  /** Records that give a row. */
  numRows: number;
  /** Records that do not. */
  numInvalid: number;
  fields: FieldSummary[];
  /** Undefined if no record gave a row. */
  prompt: TextSummary | undefined;
  /** Undefined also for prompts. */
  response: TextSummary | undefined;
  /** Rows whose prompt and response repeat an earlier row's, byte for byte. */
  duplicateRows: { count: number; first: Repetition[] };
  /** Rows whose normalised prompt repeats an earlier row's, those above included. */
  duplicatePrompts: { count: number; first: Repetition[] };
  /** What looks like part of the prompts and is not used as such. */
  leftOut: LeftOut;
  problems: { count: number; first: RowProblem[]; hint: string | undefined };
}

/**
 * Looks through a file without keeping it: of each different row, normalised prompt and id of its own, 24 to 32 bytes stay in memory.
 * Invalid records are part of the result. A file in which no record has a field for an answer is one of prompts.
 * @throws {DataError} if the file is cut short or its container is damaged; the errors of `streamRecords` for a source that cannot be read.
 */
export async function inspectRows(
  source: RowSource,
  options: Omit<ReadOptions, 'skipInvalid' | 'requireResponse' | 'mapOf'> = {},
): Promise<RowInspection> {
  const { map = {} } = options;
  const fields = new FieldTally();
  const reader = await FileReader.open(source, { ...options, onColumns: (names) => fields.expect(names) });
  const asRows = new RowTally(map, true, reader);
  // Until a record with an answer comes, the file may be one of prompts.
  let asPrompts: RowTally | undefined = new RowTally(map, false, reader);
  const onProblem = (problem: RowProblem): void => {
    asRows.log.add(problem);
    asPrompts?.log.add(problem);
  };
  let numParsed = 0;
  for await (const { record, place } of reader.records(onProblem)) {
    numParsed++;
    fields.add(record);
    if (asPrompts !== undefined && mayHoldAnswer(record, map)) asPrompts = undefined;
    asRows.add(record, place);
    asPrompts?.add(record, place);
  }
  const kind = asPrompts !== undefined && asPrompts.numRows > 0 ? 'prompts' : 'rows';
  const tally = kind === 'prompts' ? asPrompts! : asRows;
  const { log, numRows } = tally;
  const numBroken = log.total - (numParsed - numRows);
  return {
    source: reader.label,
    ...reader.summary(),
    kind,
    numRecords: numParsed + numBroken,
    numRows,
    numInvalid: log.total,
    fields: fields.summary(),
    ...tally.summary(),
    problems: { count: log.total, first: log.first, hint: tally.isUnmapped ? MAP_HINT : undefined },
  };
}

class FieldTally {
  readonly #byName = new Map<string, { types: Map<string, number>; numNull: number; numPresent: number }>();
  #numRecords = 0;

  /** Columns that are there though no record may come. */
  expect(names: readonly string[]): void {
    for (const name of names) this.#of(name);
  }

  #of(name: string): { types: Map<string, number>; numNull: number; numPresent: number } {
    let field = this.#byName.get(name);
    if (field === undefined) this.#byName.set(name, (field = { types: new Map(), numNull: 0, numPresent: 0 }));
    return field;
  }

  add(record: Record<string, unknown>): void {
    this.#numRecords++;
    for (const [name, value] of Object.entries(record)) {
      const field = this.#of(name);
      field.numPresent++;
      if (value === null || value === undefined) field.numNull++;
      else {
        const type = Array.isArray(value) ? 'list' : typeof value;
        field.types.set(type, (field.types.get(type) ?? 0) + 1);
      }
    }
  }

  summary(): FieldSummary[] {
    return [...this.#byName].map(([name, { types, numNull, numPresent }]) => ({
      name,
      types: Object.fromEntries(types),
      numNull,
      numMissing: this.#numRecords - numPresent,
    }));
  }
}
