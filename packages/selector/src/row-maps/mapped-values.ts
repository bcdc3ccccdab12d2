import { InternalError, type StateArray } from '@pharmacist/core';
import type { TokenizedRow } from '@pharmacist/language-model';
import type { FoundValues, ValueForm, ValueForms } from './row-map.ts';

const ARRAYS = { f32: Float32Array, f64: Float64Array, i32: Int32Array } as const;

/** The values of N rows, by name one array each: those of row 0, of row 1, ... */
export class MappedValues {
  readonly arrays: Readonly<Record<string, StateArray>>;
  readonly #forms: ValueForms;
  readonly #names: readonly string[];
  /** Where the values of each row begin that has one a target; where a row's begin follows from the rows. */
  readonly #starts: Float64Array | undefined;

  /** Empty values. Memory: what the forms say, and 8 bytes a row where one has a value a target. */
  constructor(forms: ValueForms, rows: readonly TokenizedRow[]) {
    this.#forms = forms;
    this.#names = Object.keys(forms);
    if (Object.values(forms).some(({ each }) => each === 'targets')) this.#starts = startsOf(rows);
    const length = ({ each }: ValueForm) => (each === 'targets' ? this.#starts!.at(-1)! : each * rows.length);
    this.arrays = Object.fromEntries(
      Object.entries(forms).map(([name, form]) => [
        name,
        new ARRAYS[form.type](length(form)).fill(form.empty ?? (form.each === 'targets' ? 0 : NaN)),
      ]),
    );
  }

  /** The values of one row: a view. */
  of(name: string, row: number): StateArray {
    const start = this.#startOf(name, row);
    return this.arrays[name]!.subarray(start, start + this.#lengthOf(name, row));
  }

  #startOf(name: string, row: number): number {
    const { each } = this.#forms[name]!;
    return each === 'targets' ? this.#starts![row]! : row * each;
  }

  #lengthOf(name: string, row: number): number {
    const { each } = this.#forms[name]!;
    return each === 'targets' ? this.#starts![row + 1]! - this.#starts![row]! : each;
  }

  /** All values of one row, by name: views. */
  at(row: number): FoundValues {
    return Object.fromEntries(this.#names.map((name) => [name, this.of(name, row)]));
  }

  /** Takes values that were kept. @returns false, and nothing is taken, if they are of other forms or of other rows. */
  restore(kept: Readonly<Record<string, StateArray>>): boolean {
    const entries = Object.entries(this.arrays);
    const fits = entries.every(([name, array]) => kept[name]?.constructor === array.constructor && kept[name].length === array.length);
    if (fits) for (const [name, array] of entries) array.set(kept[name]!);
    return fits;
  }

  /** Takes what was found in a row. @throws {InternalError} if it is not what the forms say. */
  set(row: number, found: FoundValues): void {
    for (const name of this.#names) {
      const values = found[name];
      const length = this.#lengthOf(name, row);
      if (values?.length !== length) throw new InternalError(`${values?.length ?? 'no'} values of a row, not ${length}`, { where: name });
      // A view takes longer to make than the one number to put in.
      if (length === 1) this.arrays[name]![this.#startOf(name, row)] = values[0]!;
      else this.arrays[name]!.set(values, this.#startOf(name, row));
    }
  }
}

function startsOf(rows: readonly TokenizedRow[]): Float64Array {
  const starts = new Float64Array(rows.length + 1);
  rows.forEach((row, i) => (starts[i + 1] = starts[i]! + numTargets(row)));
  return starts;
}

/** Tokens of a row that are predicted; the first token of a text has nothing before it. */
function numTargets({ inputIds, numPromptTokens, hasTargets }: TokenizedRow): number {
  return hasTargets ? inputIds.length - Math.max(1, numPromptTokens) : 0;
}
