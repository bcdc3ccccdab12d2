import { lazyList, memberOf } from '@pharmacist/core';
import type { PromptedRow, TokenizedRow } from '@pharmacist/language-model';
import type { PoolRow } from './selector.ts';

/** The rows without what is known of them: a method that ranks by the truth would be measured by what it was told. As lazy as the list itself. */
export function withoutKinds(rows: readonly PoolRow[]): readonly PoolRow[] {
  const rowAt = memberOf(rows);
  return lazyList(rows.length, (index) => new RowWithoutKind(rowAt(index)));
}

/** Texts and tokens are read when they are asked for. */
class RowWithoutKind implements PoolRow {
  readonly #row: PoolRow;

  constructor(row: PoolRow) {
    this.#row = row;
  }

  get id(): string {
    return this.#row.id;
  }

  get text(): PromptedRow {
    return this.#row.text;
  }

  get tokens(): TokenizedRow {
    return this.#row.tokens;
  }
}
