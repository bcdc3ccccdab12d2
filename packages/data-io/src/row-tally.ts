import { createHash } from 'node:crypto';
import type { FieldMap } from './field-map.ts';
import { LeftOutTally } from './left-out.ts';
import { LengthHistogram, type LengthSummary } from './length-histogram.ts';
import { normalisePrompt } from './normalise-prompt.ts';
import { ProblemLog } from './problems.ts';
import { fieldValue, resolveFields } from './resolve-fields.ts';
import { explicitId } from './row-ids.ts';

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

const NUM_LISTED = 20;

/** Lengths, repetitions and problems of the records of a file, read as rows with answers or as prompts only. */
export class RowTally {
  readonly log = new ProblemLog(NUM_LISTED);
  numRows = 0;
  /** True if a record's field names do not say which is which. */
  isUnmapped = false;
  readonly #map: FieldMap;
  readonly #requireResponse: boolean;
  readonly #prompts = new TextTally();
  readonly #responses = new TextTally();
  readonly #rows = new RepetitionTally();
  readonly #promptRows = new RepetitionTally();
  readonly #ids = new RepetitionTally();
  readonly #leftOut = new LeftOutTally();

  constructor(map: FieldMap, requireResponse: boolean) {
    this.#map = map;
    this.#requireResponse = requireResponse;
  }

  add(record: Record<string, unknown>, line: number): void {
    const resolved = resolveFields(record, this.#map, this.#requireResponse);
    if ('what' in resolved) {
      this.log.add({ line, what: resolved.what, ...(resolved.field === undefined ? {} : { field: resolved.field }) });
      this.isUnmapped ||= resolved.isMapping;
      return;
    }
    const wrongId = idProblem(record, this.#map.id, line, this.#ids);
    if (wrongId === undefined) this.numRows++;
    else this.log.add({ line, ...wrongId });
    const { prompt, response } = resolved;
    this.#leftOut.add(record, resolved, this.#map.id);
    this.#prompts.add(prompt);
    if (this.#requireResponse) this.#responses.add(response);
    this.#rows.add(JSON.stringify([prompt, response]), line);
    this.#promptRows.add(normalisePrompt(prompt), line);
  }

  summary() {
    return {
      prompt: this.#prompts.summary(),
      response: this.#responses.summary(),
      duplicateRows: this.#rows.summary(),
      duplicatePrompts: this.#promptRows.summary(),
      leftOut: this.#leftOut.summary(),
    };
  }
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
