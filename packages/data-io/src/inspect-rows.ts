import { createHash } from 'node:crypto';
import { LengthHistogram, type LengthSummary } from './length-histogram.ts';
import { normalisePrompt } from './normalise-prompt.ts';
import { ProblemLog, type RowProblem } from './problems.ts';
import { MAP_HINT, type ReadOptions } from './read-rows.ts';
import { fieldValue, resolveFields } from './resolve-fields.ts';
import { explicitId } from './row-ids.ts';
import { openSource } from './source/open-source.ts';
import type { RowFormat } from './source/row-format.ts';
import { recordsOf } from './stream-records.ts';

export interface FieldSummary {
  name: string;
  /** How many values are of which type: string, number, boolean, list, object. Null is counted apart. */
  types: Record<string, number>;
  numNull: number;
  /** Records without the field. */
  numMissing: number;
}

export interface TextSummary {
  /** In UTF-16 code units. */
  characters: LengthSummary;
  /** Runs of anything but white space. */
  words: LengthSummary;
}

/** A row that repeats an earlier one. */
export interface Repetition {
  line: number;
  firstLine: number;
}

/** What a file of rows holds, as plain data. */
export interface RowInspection {
  source: string;
  format: RowFormat;
  /** SHA-256 and size of the file as stored. */
  sha256: string;
  bytes: number;
  /** Records met, broken ones included. */
  numRecords: number;
  /** Records that give a row. */
  numRows: number;
  /** Records that do not. */
  numInvalid: number;
  fields: FieldSummary[];
  /** Undefined if no record gave a row. */
  prompt: TextSummary | undefined;
  response: TextSummary | undefined;
  /** Rows whose prompt and response repeat an earlier row's, byte for byte. */
  duplicateRows: { count: number; first: Repetition[] };
  /** Rows whose normalised prompt repeats an earlier row's, those above included. */
  duplicatePrompts: { count: number; first: Repetition[] };
  problems: { count: number; first: RowProblem[]; hint: string | undefined };
}

const NUM_LISTED = 20;

/**
 * Looks through a file without keeping it: per row only two hashes stay in memory (up to 16.7 million rows). Invalid records are part of the result.
 * @throws {DataError} if the file is cut short or its container is damaged; the errors of `streamRecords` for a source that cannot be read.
 */
export async function inspectRows(source: string, options: Omit<ReadOptions, 'skipInvalid'> = {}): Promise<RowInspection> {
  const open = await openSource(source, options);
  const log = new ProblemLog(NUM_LISTED);
  const fields = new FieldTally();
  const prompts = new TextTally();
  const responses = new TextTally();
  const rowTally = new RepetitionTally();
  const promptTally = new RepetitionTally();
  const idTally = new RepetitionTally();
  let numParsed = 0;
  let numRows = 0;
  let isUnmapped = false;
  for await (const { record, line } of recordsOf(open, { ...options, onProblem: (problem) => log.add(problem) })) {
    numParsed++;
    fields.add(record);
    const resolved = resolveFields(record, options.map ?? {}, options.requireResponse ?? true);
    if ('what' in resolved) {
      log.add({ line, what: resolved.what, ...(resolved.field === undefined ? {} : { field: resolved.field }) });
      isUnmapped ||= resolved.isMapping;
      continue;
    }
    const wrongId = idProblem(record, options.map?.id, line, idTally);
    if (wrongId === undefined) numRows++;
    else log.add({ line, ...wrongId });
    const { prompt, response } = resolved;
    prompts.add(prompt);
    responses.add(response);
    rowTally.add(JSON.stringify([prompt, response]), line);
    promptTally.add(normalisePrompt(prompt), line);
  }
  const numBroken = log.total - (numParsed - numRows);
  return {
    source: open.label,
    format: open.format,
    sha256: open.meter.sha256(),
    bytes: open.meter.numBytes,
    numRecords: numParsed + numBroken,
    numRows,
    numInvalid: log.total,
    fields: fields.summary(),
    prompt: prompts.summary(),
    response: responses.summary(),
    duplicateRows: rowTally.summary(),
    duplicatePrompts: promptTally.summary(),
    problems: { count: log.total, first: log.first, hint: isUnmapped ? MAP_HINT : undefined },
  };
}

function idProblem(
  record: Record<string, unknown>,
  mapped: string | undefined,
  line: number,
  tally: RepetitionTally,
): { field: string; what: string } | undefined {
  const field = mapped ?? 'id';
  const own = explicitId(fieldValue(record, field));
  if (own === undefined) return mapped === undefined ? undefined : { field, what: 'is missing' };
  if ('what' in own) return { field, what: own.what };
  const firstLine = tally.add(own.id, line);
  return firstLine === undefined ? undefined : { field, what: `is "${own.id}", the id of line ${firstLine} too` };
}

class FieldTally {
  readonly #byName = new Map<string, { types: Map<string, number>; numNull: number; numPresent: number }>();
  #numRecords = 0;

  add(record: Record<string, unknown>): void {
    this.#numRecords++;
    for (const [name, value] of Object.entries(record)) {
      let field = this.#byName.get(name);
      if (field === undefined) this.#byName.set(name, (field = { types: new Map(), numNull: 0, numPresent: 0 }));
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

class TextTally {
  readonly #characters = new LengthHistogram();
  readonly #words = new LengthHistogram();

  add(text: string): void {
    this.#characters.add(text.length);
    this.#words.add(text.match(/\S+/g)?.length ?? 0);
  }

  summary(): TextSummary | undefined {
    const characters = this.#characters.summary();
    const words = this.#words.summary();
    return characters === undefined || words === undefined ? undefined : { characters, words };
  }
}

/** Finds repetitions by 80-bit hashes of the texts. */
class RepetitionTally {
  readonly #firstLine = new Map<string, number>();
  readonly #first: Repetition[] = [];
  #count = 0;

  /** The line of the first text equal to this one, if there was one. */
  add(text: string, line: number): number | undefined {
    const hash = createHash('sha256').update(text).digest('binary').slice(0, 10);
    const firstLine = this.#firstLine.get(hash);
    if (firstLine === undefined) this.#firstLine.set(hash, line);
    else {
      this.#count++;
      if (this.#first.length < NUM_LISTED) this.#first.push({ line, firstLine });
    }
    return firstLine;
  }

  summary(): { count: number; first: Repetition[] } {
    return { count: this.#count, first: this.#first };
  }
}
