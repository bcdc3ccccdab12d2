import type { Figure } from './figure.ts';

/** What a person may set for every suite; a suite reads what concerns it. */
export interface BenchOptions {
  /** Counted rounds; each suite has its own default. */
  readonly rounds: number | undefined;
  /** Smaller shapes and fewer rounds: does it run? Figures of a quick run are not to be quoted. */
  readonly quick: boolean;
  /** Interpreter for the PyTorch peer. */
  readonly python: string;
  /** Model directory, instead of the suite's own. */
  readonly model: string | undefined;
  /** Folder with alignment.jsonl, harmful.jsonl and validation.jsonl, instead of the bundled rows. */
  readonly pool: string | undefined;
  /** The methods that selectors, scale-out or large-pools measures; all if left out. */
  readonly methods: readonly string[] | undefined;
  /** Rows of the pools of scale-out and large-pools, instead of their own sizes. */
  readonly rows: number | undefined;
}

export interface SuiteContext extends BenchOptions {
  /** A folder for files of this run; it is removed at the end. */
  readonly scratch: string;
  /** A line for the person who waits. */
  say(line: string): void;
}

export interface SuiteResult {
  readonly figures: readonly Figure[];
  readonly notes: readonly string[];
  /** Rounds, warm-up, shapes: what someone needs who wants to repeat it. */
  readonly protocol: Readonly<Record<string, unknown>>;
  /** Of what was measured beside Node: engine, torch. */
  readonly versions: Readonly<Record<string, string>>;
}

/** A group of measurements that belong together and are interleaved. */
export interface Suite {
  readonly name: string;
  readonly summary: string;
  run(context: SuiteContext): Promise<SuiteResult>;
}
