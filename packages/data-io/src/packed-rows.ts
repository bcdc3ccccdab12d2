import { lazyList, TypedList } from '@pharmacist/core';
import type { PromptParts } from './prompt-parts.ts';
import type { ResolvedFields } from './resolve-fields.ts';
import type { AlignmentRow, RowPosition } from './row.ts';
import { jsonOf, rememberText } from './source-text.ts';
import type { IdList } from './store/id-list.ts';
import { type Records, RecordStore, type StoreOptions } from './store/record-store.ts';

type Fields = Record<string, unknown>;
type Texts = Pick<ResolvedFields, 'prompt' | 'response' | 'parts'>;

/**
 * Rows of pools of any size: the record of each is kept as the text that is written back, in memory up to a bound and then in a file, and parsed when it is
 * asked for. Beside the bound and the ids 12 bytes a row. What reads a row's texts again and again keeps them itself.
 */
export class PackedRows {
  readonly #records: RecordStore;
  /** Names of files, and the first row of each. */
  readonly #sources: { readonly name: string; readonly first: number }[] = [];
  readonly #lines = new TypedList((length) => new Uint32Array(length));
  readonly #resolve: (record: Fields) => Texts;
  #ids: IdList | undefined;

  /** @param resolve finds prompt and response in a record that has them. */
  constructor(resolve: (record: Fields) => Texts, options: StoreOptions = {}) {
    this.#resolve = resolve;
    this.#records = new RecordStore(options);
  }

  /** @param record is not kept; `rememberText` knows its text, if that matters. */
  push(record: Fields, { source, line }: RowPosition): void {
    if (this.#sources.at(-1)?.name !== source) this.#sources.push({ name: source, first: this.#records.count });
    this.#lines.push(line);
    this.#records.pushText(jsonOf(record));
  }

  /** All rows, once their ids are known. */
  rows(ids: IdList): readonly AlignmentRow[] {
    this.#ids = ids;
    return this.#view(this.#records, (place) => place);
  }

  /** Rows by their numbers, in this order; from a file they are moved, see `RecordStore.inOrder`. */
  async inOrder(order: Int32Array, signal?: AbortSignal): Promise<readonly AlignmentRow[]> {
    return this.#view(await this.#records.inOrder(order, { signal }), (place) => order[place]!);
  }

  idOf(index: number): string {
    return this.#ids!.at(index);
  }

  positionOf(index: number): RowPosition {
    const { name } = this.#sources.findLast(({ first }) => first <= index)!;
    return { source: name, line: this.#lines.at(index) };
  }

  #view(records: Records, numberAt: (place: number) => number): readonly AlignmentRow[] {
    const reader = new RecordReader(records, this.#resolve);
    return lazyList(records.count, (place) => new PackedRow(this, reader, { place, number: numberAt(place) }));
  }
}

/** A record that was parsed. */
interface ReadRecord {
  readonly place: number;
  readonly text: string;
  readonly fields: Fields;
  readonly texts: Texts;
  /** Whether `jsonOf` knows how it was written. */
  isRemembered: boolean;
}

/** Parses records; the one that was asked for last is kept, since its parts are mostly read one after the other. */
class RecordReader {
  readonly #records: Records;
  readonly #resolve: (record: Fields) => Texts;
  #last: ReadRecord | undefined;

  constructor(records: Records, resolve: (record: Fields) => Texts) {
    this.#records = records;
    this.#resolve = resolve;
  }

  textsOf(place: number): Texts {
    return this.#read(place).texts;
  }

  /** Fields that are written as they were read: to see how that was takes as long as parsing, and few passes write. */
  fieldsOf(place: number): Fields {
    const record = this.#read(place);
    if (!record.isRemembered) rememberText(record.fields, record.text);
    record.isRemembered = true;
    return record.fields;
  }

  #read(place: number): ReadRecord {
    if (this.#last?.place !== place) {
      const text = this.#records.at(place).toString('utf8');
      const fields = JSON.parse(text) as Fields;
      this.#last = { place, text, fields, texts: this.#resolve(fields), isRemembered: false };
    }
    return this.#last;
  }
}

class PackedRow implements AlignmentRow {
  readonly #rows: PackedRows;
  readonly #reader: RecordReader;
  /** Among the records that are read, and among all rows. */
  readonly #at: { readonly place: number; readonly number: number };

  constructor(rows: PackedRows, reader: RecordReader, at: { place: number; number: number }) {
    this.#rows = rows;
    this.#reader = reader;
    this.#at = at;
  }

  get id(): string {
    return this.#rows.idOf(this.#at.number);
  }

  get prompt(): string {
    return this.#reader.textsOf(this.#at.place).prompt;
  }

  get response(): string {
    return this.#reader.textsOf(this.#at.place).response;
  }

  get parts(): PromptParts | undefined {
    return this.#reader.textsOf(this.#at.place).parts;
  }

  get fields(): Fields {
    return this.#reader.fieldsOf(this.#at.place);
  }

  get position(): RowPosition {
    return this.#rows.positionOf(this.#at.number);
  }
}
