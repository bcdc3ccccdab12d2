import type { AlignmentRow } from '@pharmacist/data-io';
import type { PromptedRow, TokenizedRow } from '@pharmacist/language-model';
import type { PoolRow } from '@pharmacist/selector';

/** A row of a pool as methods see it; texts and tokens are read when they are asked for. */
export class PooledRow implements PoolRow {
  readonly kind: string | undefined;
  readonly #row: AlignmentRow;
  readonly #tokensOf: () => TokenizedRow;

  constructor(row: AlignmentRow, kind: string | undefined, tokensOf: () => TokenizedRow) {
    this.kind = kind;
    this.#row = row;
    this.#tokensOf = tokensOf;
  }

  get id(): string {
    return this.#row.id;
  }

  get text(): PromptedRow {
    const { prompt, response, parts } = this.#row;
    return { prompt, response, parts };
  }

  get tokens(): TokenizedRow {
    return this.#tokensOf();
  }
}
