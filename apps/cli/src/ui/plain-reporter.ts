import type { ProgressEvent } from '@pharmacist/core';
import { percent } from './format.ts';
import { Phase } from './phase.ts';
import type { ClosableReporter } from './closable-reporter.ts';
import { printable } from './printable.ts';

const INTERVAL_MS = 10_000;

/** Progress for logs and pipes: a line when a phase ends or is left, and one about every ten seconds in a long one. */
export class PlainReporter implements ClosableReporter {
  readonly #write: (line: string) => void;
  readonly #now: () => number;
  #phase: Phase | undefined;
  #lastLineMs = 0;
  readonly #seen = new Set<string>();

  constructor(write: (line: string) => void, now: () => number = () => performance.now()) {
    this.#write = (line) => write(printable(line));
    this.#now = now;
  }

  progress(event: ProgressEvent): void {
    const now = this.#now();
    if (this.#phase?.name === event.phase) {
      if (this.#phase.isDone) return;
      this.#phase.update(event, now);
    } else {
      this.#leave(now);
      // A phase taken up again only to say that it is at its end is no news.
      this.#phase = undefined;
      if (this.#seen.has(event.phase) && event.done >= event.total) return;
      this.#seen.add(event.phase);
      this.#phase = new Phase(event, now);
      this.#lastLineMs = now;
    }
    if (this.#phase.isDone) this.#write(`${event.phase}: ${this.#phase.summary(now)}`);
    else if (now - this.#lastLineMs >= INTERVAL_MS) {
      this.#lastLineMs = now;
      this.#write(`${event.phase}: ${percent(this.#phase.share, 0)}, ${this.#phase.status(now).join(', ')}`);
    }
  }

  warn(message: string): void {
    this.#write(`warning: ${message}`);
  }

  info(message: string): void {
    this.#write(message);
  }

  close(): void {
    this.#leave(this.#now());
    this.#phase = undefined;
  }

  /** A phase may be left before its end: for another that it waits for, or by an interrupt. */
  #leave(nowMs: number): void {
    if (this.#phase?.isDone === false) this.#write(`${this.#phase.name}: ${this.#phase.summary(nowMs)}`);
  }
}
