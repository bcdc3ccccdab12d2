import { createHash } from 'node:crypto';
import { serialize } from 'node:v8';
import { PharmacistError, Random, type State } from '@pharmacist/core';
import type { LanguageModel, TokenizedRow } from '@pharmacist/language-model';
import type { PoolRow, SelectionContext } from '../../src/selector.ts';
import { textRow, tokensOfWords } from './pool-rows.ts';

/** The process died here. */
export class Killed extends PharmacistError {
  constructor() {
    super('killed', { code: 'E_KILLED' });
  }
}

interface Saved {
  readonly state: State;
  readonly passes: Record<string, number>;
  readonly notes: Record<string, unknown>;
}

/** What outlives an attempt: checkpoints with the passes and notes of their moment, as a run directory keeps them. */
export class Disk {
  readonly files = new Map<string, Saved>();
  numSaves = 0;

  save(name: string, saved: Saved): void {
    this.files.set(name, saved);
    this.numSaves++;
  }

  /** The same of disks that hold the same. */
  digest(): string {
    return createHash('sha256')
      .update(serialize([...this.files]))
      .digest('hex');
  }
}

/** A disk that also remembers what lay on it after each save; what is saved is never changed, only replaced. All of it stays in memory. */
export class RememberingDisk extends Disk {
  readonly #afterSaves: ReadonlyMap<string, Saved>[] = [];

  override save(name: string, saved: Saved): void {
    super.save(name, saved);
    this.#afterSaves.push(new Map(this.files));
  }

  /** A disk as this one was right after a save, 1 for the first. */
  afterSave(number: number): Disk {
    const disk = new Disk();
    for (const [name, saved] of this.#afterSaves[number - 1]!) disk.files.set(name, saved);
    return disk;
  }
}

/** Randomness that tells when it is asked for. */
class WatchedRandom extends Random {
  readonly #onUse: () => void;

  constructor(seed: number | string, onUse: () => void) {
    super(seed);
    this.#onUse = onUse;
  }

  override split(...labels: readonly (string | number)[]): Random {
    this.#onUse();
    return super.split(...labels);
  }

  /** Every other draw comes from this one. */
  override uint32(): number {
    this.#onUse();
    return super.uint32();
  }
}

export interface AttemptOptions {
  readonly model: LanguageModel;
  readonly pool: readonly PoolRow[];
  readonly harmful?: readonly TokenizedRow[];
  readonly trusted?: readonly TokenizedRow[];
  readonly seed?: number | string;
  readonly batchSize?: number;
  readonly maxLength?: number;
  readonly disk?: Disk;
  /** Ends the attempt at this progress event (1 is the first) on request, or with this save (1 is the first on the disk) by a kill. */
  readonly abortAtEvent?: number;
  readonly killAfterSave?: number;
}

/** One attempt at a selection: what it is given, and what it reports. */
export class Attempt {
  readonly context: SelectionContext;
  readonly passes: Record<string, number> = {};
  readonly notes: Record<string, unknown> = {};
  readonly warnings: string[] = [];
  /** Progress events by phase, in the order of the phases. */
  readonly phases = new Map<string, number>();
  numEvents = 0;
  /** Whether the method asked for randomness. */
  hasDrawn = false;

  constructor(options: AttemptOptions) {
    const { model, pool, harmful = [], trusted = [], seed = 0, batchSize = 4, maxLength = 24, disk = new Disk() } = options;
    const controller = new AbortController();
    const add = (kind: string, n: number) => (this.passes[kind] = (this.passes[kind] ?? 0) + n);
    let isDead = false;
    this.context = {
      model,
      pool,
      harmful: harmful.map(textRow),
      trusted: trusted.map(textRow),
      // Words w3 … w95 are the tokens 3 … 95 of the fixture models, as `textRow` writes them; other words are token 3.
      tokenize: (text) => tokensOfWords(text, maxLength),
      openModel: async () => ({ model, dispose: async () => undefined }),
      batchSize,
      maxLength,
      random: new WatchedRandom(seed, () => (this.hasDrawn = true)),
      state: {
        load: async (name) => {
          const saved = disk.files.get(name);
          if (saved === undefined) return undefined;
          for (const [kind, n] of Object.entries(saved.passes)) this.passes[kind] = Math.max(this.passes[kind] ?? 0, n);
          Object.assign(this.notes, structuredClone(saved.notes));
          return structuredClone(saved.state);
        },
        save: async (name, state) => {
          if (isDead) throw new Killed();
          disk.save(name, structuredClone({ state, passes: this.passes, notes: this.notes }));
          isDead = disk.numSaves === options.killAfterSave;
          if (isDead) throw new Killed();
        },
      },
      count: (kind, batches, rows) => {
        add(kind, batches);
        add(`${kind}Rows`, rows);
      },
      note: (key, value) => (this.notes[key] = value),
      reporter: {
        progress: ({ phase }) => {
          this.phases.set(phase, (this.phases.get(phase) ?? 0) + 1);
          this.numEvents++;
          if (this.numEvents === options.abortAtEvent) controller.abort();
        },
        warn: (message) => this.warnings.push(message),
        info: () => undefined,
      },
      signal: controller.signal,
    };
  }
}
