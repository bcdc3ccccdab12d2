import type { PromptParts } from './prompt-parts.ts';
import type { ResolvedFields } from './resolve-fields.ts';
import type { AlignmentRow, RowPosition } from './row.ts';
import { jsonOf, rememberText } from './source-text.ts';
import { TextStore } from './text-store.ts';

type Fields = Record<string, unknown>;
type Texts = Pick<ResolvedFields, 'prompt' | 'response' | 'parts'>;

/**
 * Rows in little more memory than their JSON takes: the record of each is kept as the text that is written back, and parsed when it is asked for. For pools
 * of a million rows; what reads a row's texts again and again keeps them itself.
 */
export class PackedRows {
  readonly #records = new TextStore();
  readonly #sources: string[] = [];
  readonly #sourceOf: number[] = [];
  readonly #lines: number[] = [];
  readonly #resolve: (record: Fields) => Texts;
  /** The row that was asked for last: its parts are mostly read one after the other. */
  #last: { index: number; fields: Fields; texts: Texts } | undefined;

  /** @param resolve finds prompt and response in a record that has them. */
  constructor(resolve: (record: Fields) => Texts) {
    this.#resolve = resolve;
  }

  /** @param record is not kept; `rememberText` knows its text, if that matters. */
  push(record: Fields, { source, line }: RowPosition): void {
    if (this.#sources.at(-1) !== source) this.#sources.push(source);
    this.#sourceOf.push(this.#sources.length - 1);
    this.#lines.push(line);
    this.#records.push(jsonOf(record));
  }

  /** The row that was pushed as number `index`. */
  row(index: number, id: string): AlignmentRow {
    return new PackedRow(this, index, id);
  }

  read(index: number): { fields: Fields; texts: Texts } {
    if (this.#last?.index !== index) {
      const text = this.#records.at(index);
      const fields = JSON.parse(text) as Fields;
      rememberText(fields, text);
      this.#last = { index, fields, texts: this.#resolve(fields) };
    }
    return this.#last;
  }

  position(index: number): RowPosition {
    return { source: this.#sources[this.#sourceOf[index]!]!, line: this.#lines[index]! };
  }
}

class PackedRow implements AlignmentRow {
  readonly id: string;
  readonly #rows: PackedRows;
  readonly #index: number;

  constructor(rows: PackedRows, index: number, id: string) {
    this.#rows = rows;
    this.#index = index;
    this.id = id;
  }

  get prompt(): string {
    return this.#rows.read(this.#index).texts.prompt;
  }

  get response(): string {
    return this.#rows.read(this.#index).texts.response;
  }

  get parts(): PromptParts | undefined {
    return this.#rows.read(this.#index).texts.parts;
  }

  get fields(): Fields {
    return this.#rows.read(this.#index).fields;
  }

  get position(): RowPosition {
    return this.#rows.position(this.#index);
  }
}
