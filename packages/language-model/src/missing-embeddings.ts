import { DataError, ModelError } from '@pharmacist/core';

/** A token and its id. */
type Entry = readonly [token: string, id: number];

const MAX_LISTED = 5;
const RESIZE = 'resize the embedding in transformers: model.resize_token_embeddings(len(tokenizer))';

/** The tokens whose id is beyond the rows of an embedding: they were added to the tokenizer, and the model was not resized. */
export class MissingEmbeddings {
  readonly numRows: number;
  readonly #entries: readonly Entry[];

  constructor(vocabulary: Iterable<Entry>, numRows: number) {
    this.numRows = numRows;
    this.#entries = [...vocabulary].filter(([, id]) => id >= numRows).sort(([, a], [, b]) => a - b);
  }

  /** A sentence for whoever opened the model; none if every token has an embedding. @param padId the pad token as it is named. */
  warning(padId: number | null): string | undefined {
    if (this.#entries.length === 0) return undefined;
    const listed = this.#entries.slice(0, MAX_LISTED).map(([token, id]) => `${JSON.stringify(token)} (id ${id})`);
    const rest = this.#entries.length - listed.length;
    const names = rest > 0 ? `${listed.join(', ')} and ${rest} more` : listed.join(', ');
    const padding = padId !== null && padId >= this.numRows ? '; padding is done with the end-of-text token instead' : '';
    return `the tokenizer has ${names} beyond the ${this.numRows} rows of the embedding: a text that holds such a token is refused${padding}`;
  }

  /** @throws {ModelError} if `id`, which every text gets, has no embedding. */
  checkSpecial(kind: string, id: number | undefined, where: string): void {
    const found = this.#entries.find((entry) => entry[1] === id);
    if (found === undefined) return;
    throw new ModelError(
      `${JSON.stringify(found[0])} (id ${found[1]}) ${kind}, but the embedding has ${this.numRows} rows and none for it`,
      { where, hint: `${RESIZE}; or name another token` },
    );
  }

  /** @throws {DataError} naming the first of the ids that has no embedding, and `where` the text is. */
  checkText(ids: readonly number[], where: string | undefined): void {
    if (this.#entries.length === 0) return;
    const found = this.#entries.find((entry) => ids.includes(entry[1]));
    if (found === undefined) return;
    throw new DataError(
      `holds the token ${JSON.stringify(found[0])} (id ${found[1]}), but the embedding of the model has ${this.numRows} rows and none for it`,
      { where: where ?? 'text', hint: `take the token out of the text, or ${RESIZE}`, details: { token: found[0], id: found[1] } },
    );
  }
}
