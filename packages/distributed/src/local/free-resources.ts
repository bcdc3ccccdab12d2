/** What a machine has for tasks. */
export interface Resources {
  readonly cpus: number;
  readonly numGpus: number;
  /** Most tasks at once. */
  readonly parallel: number;
}

/** What one task holds: GPUs by their numbers. */
export interface Taken {
  readonly cpus: number;
  readonly gpus: readonly number[];
}

/** Cores and GPUs that no task holds. */
export class FreeResources {
  readonly #total: Resources;
  #cpus: number;
  #places: number;
  readonly #gpus: number[];

  constructor(total: Resources) {
    this.#total = total;
    this.#cpus = total.cpus;
    this.#places = total.parallel;
    this.#gpus = Array.from({ length: total.numGpus }, (_, gpu) => gpu);
  }

  /** Whether a task fits once nothing else is at work. */
  everHas({ cpus, gpus }: { cpus: number; gpus: number }): boolean {
    return cpus <= this.#total.cpus && gpus <= this.#total.numGpus;
  }

  /** Undefined if it does not fit now. The lowest numbers are given first. */
  take({ cpus, gpus }: { cpus: number; gpus: number }): Taken | undefined {
    if (this.#places === 0 || cpus > this.#cpus || gpus > this.#gpus.length) return undefined;
    this.#places--;
    this.#cpus -= cpus;
    return { cpus, gpus: this.#gpus.splice(0, gpus) };
  }

  giveBack({ cpus, gpus }: Taken): void {
    this.#places++;
    this.#cpus += cpus;
    this.#gpus.push(...gpus);
    this.#gpus.sort((a, b) => a - b);
  }
}
