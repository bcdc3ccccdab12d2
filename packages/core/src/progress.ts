/** One phase of work as it advances; `total` is known before the phase starts. */
export interface ProgressEvent {
  /** What is being done, as a person would say it: "Round 2 of 3: row influences". */
  phase: string;
  done: number;
  total: number;
  /** What is counted: "rows", "steps". */
  unit: string;
  /** Short facts beside the count, for instance `{ loss: 2.31 }`. */
  facts?: Record<string, number | string>;
}

/** Receives progress and messages; library code reports here and never prints. */
export interface Reporter {
  progress(event: ProgressEvent): void;
  /** Something the user must know although the work goes on. */
  warn(message: string): void;
  /** A fact worth a line, for instance which engine was taken and why. */
  info(message: string): void;
}

/** Drops everything; the default of every function that takes a reporter. */
export const silentReporter: Reporter = { progress() {}, warn() {}, info() {} };
