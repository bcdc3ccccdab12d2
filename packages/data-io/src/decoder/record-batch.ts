import type { SourceRecord } from '../formats/record.ts';
import type { ProblemHandler, RowProblem } from '../problems.ts';

/** Equal text is sent once and indexed, so that a column of few values stays as small as it was in the file. */
type Column = { values: unknown[] } | { distinct: unknown[]; places: Uint32Array };

/** Records of successive lines by columns, which is how they travel fastest between processes, and the problems of the lines between. */
export interface RecordBatch {
  firstLine: number;
  /** Records and problems together. */
  numLines: number;
  /** Fields of every record, in order. */
  names: string[];
  columns: Column[];
  problems: RowProblem[];
}

const TARGET_CHARS = 1 << 20;
const MAX_LINES = 4096;
/** Distinct texts looked at before a column counts as one of few values. */
const MAX_DISTINCT = 256;

/** Gathers records and problems, in the order of their lines, into batches of about a million characters. */
export class RecordPacker {
  #records: Record<string, unknown>[] = [];
  #problems: RowProblem[] = [];
  #firstLine: number | undefined;
  #numChars = 0;

  get isFull(): boolean {
    return this.#numChars >= TARGET_CHARS || this.#records.length + this.#problems.length >= MAX_LINES;
  }

  get isEmpty(): boolean {
    return this.#firstLine === undefined;
  }

  add(row: SourceRecord | RowProblem): void {
    this.#firstLine ??= row.line;
    if ('record' in row) {
      this.#records.push(row.record);
      this.#numChars += numChars(row.record);
    } else {
      this.#problems.push(row);
    }
  }

  /** Hands over what was gathered and begins anew. */
  take(): RecordBatch {
    const records = this.#records;
    const names = Object.keys(records[0] ?? {});
    const batch = {
      firstLine: this.#firstLine ?? 1,
      numLines: records.length + this.#problems.length,
      names,
      columns: names.map((name) => columnOf(records.map((record) => record[name]))),
      problems: this.#problems,
    };
    this.#records = [];
    this.#problems = [];
    this.#firstLine = undefined;
    this.#numChars = 0;
    return batch;
  }
}

/** The records of a batch again, in the order of their lines; problems go to `onProblem` in their turn. */
export function* unpackRecords(batch: RecordBatch, onProblem: ProblemHandler): Generator<SourceRecord> {
  const { firstLine, numLines, names, columns, problems } = batch;
  const valueAt = columns.map((column) =>
    'values' in column ? (i: number) => column.values[i] : (i: number) => column.distinct[column.places[i]!],
  );
  let numRecords = 0;
  let numProblems = 0;
  for (let line = firstLine; line < firstLine + numLines; line++) {
    const problem = problems[numProblems];
    if (problem?.line === line) {
      numProblems++;
      onProblem(problem);
    } else {
      const i = numRecords++;
      // fromEntries defines keys: a column called __proto__ stays a column.
      yield { record: Object.fromEntries(names.map((name, j) => [name, valueAt[j]!(i)])), line };
    }
  }
}

function columnOf(values: unknown[]): Column {
  const placeOf = new Map<unknown, number>();
  const places = new Uint32Array(values.length);
  for (const [i, value] of values.entries()) {
    if (typeof value !== 'string' && value !== null) return { values };
    let place = placeOf.get(value);
    if (place === undefined) {
      place = placeOf.size;
      if (place === MAX_DISTINCT || place > 16 + i / 2) return { values };
      placeOf.set(value, place);
    }
    places[i] = place;
  }
  return { distinct: [...placeOf.keys()], places };
}

function numChars(value: unknown): number {
  if (typeof value === 'string') return value.length + 8;
  if (value === null || typeof value !== 'object') return 8;
  let sum = 16;
  for (const member of Object.values(value)) sum += numChars(member);
  return sum;
}
