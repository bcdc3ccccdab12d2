import type { AlignmentRow } from '@pharmacist/data-io';
import type { PromptedRow, TokenizedRow } from '@pharmacist/language-model';
import type { PoolRow } from '@pharmacist/selector';
import type { PackedTokens } from '../inputs/packed-tokens.ts';

/** A row of a pool as methods see it; texts and tokens are made when they are asked for, so that a million rows are little more than their bytes. */
export class PooledRow implements PoolRow {
  readonly id: string;
  readonly kind: string | undefined;
  readonly #row: AlignmentRow;
  readonly #tokens: PackedTokens;
  readonly #index: number;

  constructor(row: AlignmentRow, kind: string | undefined, { tokens, index }: { tokens: PackedTokens; index: number }) {
    this.id = row.id;
    this.kind = kind;
    this.#row = row;
    this.#tokens = tokens;
    this.#index = index;
  }

  get text(): PromptedRow {
    const { prompt, response, parts } = this.#row;
    return { prompt, response, parts };
  }

  get tokens(): TokenizedRow {
    return this.#tokens.at(this.#index);
  }
}
