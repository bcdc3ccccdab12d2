import { sha256, TypedList } from '@pharmacist/core';
import type { FieldMap } from './field-map.ts';
import { LeftOutTally } from './left-out.ts';
import { LengthHistogram, type LengthSummary } from './length-histogram.ts';
import { normalisePrompt } from './normalise-prompt.ts';
import { ProblemLog } from './problems.ts';
import type { FileReader } from './read-files.ts';
import { fieldValue } from './field-problem.ts';
import { resolveFields } from './resolve-fields.ts';
import { explicitId } from './row-ids.ts';
import { HashNumbers } from './store/hash-numbers.ts';

export interface TextSummary {
  /** In UTF-16 code units. */
  characters: LengthSummary;
  /** Runs of anything but white space. */
  words: LengthSummary;
}

/** A row that repeats an earlier one; the files are named where there are several. */
export interface Repetition {
  line: number;
  firstLine: number;
  source?: string;
  firstSource?: string;
}

/** What is known of places: see `FileReader`. */
type Places = Pick<FileReader, 'placeOf' | 'nameOf'>;

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
  readonly #places: Places;
  readonly #leftOut = new LeftOutTally();

  constructor(map: FieldMap, requireResponse: boolean, places: Places) {
    this.#places = places;
    this.#map = map;
    this.#requireResponse = requireResponse;
  }

  /** @param place number of the record's place. */
  add(record: Record<string, unknown>, place: number): void {
    const resolved = resolveFields(record, this.#map, this.#requireResponse);
    if ('what' in resolved) {
      this.log.add({
        ...this.#places.placeOf(place),
        what: resolved.what,
        ...(resolved.field === undefined ? {} : { field: resolved.field }),
      });
      this.isUnmapped ||= resolved.isMapping;
      return;
    }
    const wrongId = idProblem(record, this.#map.id, place, this.#ids, this.#places);
    if (wrongId === undefined) this.numRows++;
    else this.log.add({ ...this.#places.placeOf(place), ...wrongId });
    const { prompt, response } = resolved;
    this.#leftOut.add(record, resolved, this.#map.id);
    this.#prompts.add(prompt);
    if (this.#requireResponse) this.#responses.add(response);
    this.#rows.add(JSON.stringify([prompt, response]), place);
    this.#promptRows.add(normalisePrompt(prompt), place);
  }

  summary() {
    return {
      prompt: this.#prompts.summary(),
      response: this.#responses.summary(),
      duplicateRows: this.#rows.summary(this.#places),
      duplicatePrompts: this.#promptRows.summary(this.#places),
      leftOut: this.#leftOut.summary(),
    };
  }
}

function idProblem(
  record: Record<string, unknown>,
  mapped: string | undefined,
  place: number,
  tally: RepetitionTally,
  places: Places,
): { field: string; what: string } | undefined {
  const field = mapped ?? 'id';
  const own = explicitId(fieldValue(record, field));
  if (own === undefined) return mapped === undefined ? undefined : { field, what: 'is missing' };
  if ('what' in own) return { field, what: own.what };
  const first = tally.add(own.id, place);
  return first === undefined ? undefined : { field, what: `is "${own.id}", the id of ${places.nameOf(first)} too` };
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

/** Finds repetitions by hashes of the texts: 24 to 32 bytes for each that is new. */
class RepetitionTally {
  readonly #texts = new HashNumbers();
  readonly #firstPlaces = new TypedList((length) => new Float64Array(length));
  readonly #first: { place: number; firstPlace: number }[] = [];
  #count = 0;

  /** The place of the first text equal to this one, if there was one. */
  add(text: string, place: number): number | undefined {
    const number = this.#texts.numberOf(sha256(text));
    if (number === this.#firstPlaces.length) {
      this.#firstPlaces.push(place);
      return undefined;
    }
    const firstPlace = this.#firstPlaces.at(number);
    this.#count++;
    if (this.#first.length < NUM_LISTED) this.#first.push({ place, firstPlace });
    return firstPlace;
  }

  summary(places: Places): { count: number; first: Repetition[] } {
    const first = this.#first.map(({ place, firstPlace }): Repetition => {
      const [{ source, line }, { source: firstSource, line: firstLine }] = [places.placeOf(place), places.placeOf(firstPlace)];
      return { line, firstLine, ...(source !== undefined && { source }), ...(firstSource !== undefined && { firstSource }) };
    });
    return { count: this.#count, first };
  }
}
