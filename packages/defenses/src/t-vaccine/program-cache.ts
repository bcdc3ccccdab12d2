import { AdapterProgram, type LanguageModel } from '@pharmacist/language-model';
import type { Program } from '@pharmacist/tensor-kernels';

/** Sessions that an engine keeps: of more programs than that, the least recently used have none left. */
const MAX_PROGRAMS = 32;

/**
 * The program of each set of active layers. A shallow model has few sets, whose programs live with the model, for later runs too. A deep one
 * has more sets than steps: only the latest are kept, and the engine releases the sessions of the others by itself.
 */
export class ProgramCache {
  readonly #model: Pick<LanguageModel, 'adapterProgram' | 'engine'>;
  readonly #hasFewSets: boolean;
  /** In order of last use, oldest first. */
  readonly #latest = new Map<string, AdapterProgram>();

  /** @param numSets how many programs may be asked for. */
  constructor(model: Pick<LanguageModel, 'adapterProgram' | 'engine'>, numSets: number) {
    this.#model = model;
    this.#hasFewSets = numSets <= MAX_PROGRAMS;
  }

  get(key: string, name: string, make: () => Program): AdapterProgram {
    if (this.#hasFewSets) return this.#model.adapterProgram(key, name, make);
    const program = this.#latest.get(key) ?? new AdapterProgram(this.#model.engine, name, make());
    this.#latest.delete(key);
    this.#latest.set(key, program);
    for (const oldest of this.#latest.keys()) {
      if (this.#latest.size <= MAX_PROGRAMS) break;
      this.#latest.delete(oldest);
    }
    return program;
  }

  /** Programs kept here, beside those of the model. */
  get size(): number {
    return this.#latest.size;
  }
}

/** n choose k. */
export function numSubsets(n: number, k: number): number {
  let count = 1;
  for (let i = 1; i <= k; i++) count = (count * (n - k + i)) / i;
  return Math.round(count);
}
