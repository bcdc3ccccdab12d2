import type { ProgressEvent } from '@pharmacist/core';
import stringWidth from 'string-width';
import { percent } from './format.ts';
import { Phase } from './phase.ts';
import type { ClosableReporter } from './closable-reporter.ts';
import { printable } from './printable.ts';
import { paint } from './style.ts';

const BAR_WIDTH = 24;
const REDRAW_MS = 100;
/** The clock of a phase moves on although a long step reports nothing. */
const TICK_MS = 1000;

/** The one line that is drawn over and over; `log-update` has this form. */
export interface LiveLine {
  (text: string): void;
  clear(): void;
  done(): void;
}

/** Progress on a terminal: a bar for the phase at work, a line left behind for each that ended. */
export class TerminalReporter implements ClosableReporter {
  readonly #stream: NodeJS.WriteStream;
  readonly #line: LiveLine;
  readonly #now: () => number;
  #phase: Phase | undefined;
  #timer: NodeJS.Timeout | undefined;
  #lastDrawMs = -Infinity;
  readonly #seen = new Set<string>();

  constructor(stream: NodeJS.WriteStream, line: LiveLine, now: () => number = () => performance.now()) {
    this.#stream = stream;
    this.#line = line;
    this.#now = now;
  }

  progress(event: ProgressEvent): void {
    const now = this.#now();
    if (this.#phase?.name !== event.phase) {
      if (this.#phase?.isDone === false) this.#leave(this.#phase, now);
      // A phase taken up again only to say that it is at its end is no news.
      this.#phase = undefined;
      if (this.#seen.has(event.phase) && event.done >= event.total) return;
      this.#seen.add(event.phase);
      this.#phase = new Phase(event, now);
      this.#lastDrawMs = -Infinity;
    } else if (this.#phase.isDone) return;
    else this.#phase.update(event, now);
    if (this.#phase.isDone) this.#leave(this.#phase, now);
    else if (now - this.#lastDrawMs >= REDRAW_MS) this.#draw();
    this.#timer ??= setInterval(() => this.#draw(), TICK_MS).unref();
  }

  warn(message: string): void {
    this.#print(`${paint('yellow', 'warning', this.#stream)} ${printable(message)}`);
  }

  info(message: string): void {
    this.#print(paint('dim', printable(message), this.#stream));
  }

  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#phase = undefined;
    this.#line.clear();
    this.#line.done();
  }

  #draw(): void {
    const phase = this.#phase;
    if (phase === undefined || phase.isDone) return;
    this.#lastDrawMs = this.#now();
    const filled = Math.round(phase.share * BAR_WIDTH);
    const bar = paint('cyan', '█'.repeat(filled), this.#stream) + paint('dim', '░'.repeat(BAR_WIDTH - filled), this.#stream);
    // A line wider than the terminal would wrap; what matters least is last and goes first.
    const parts = [percent(phase.share, 0).padStart(5), ...phase.status(this.#lastDrawMs).map(printable)];
    const width = (this.#stream.columns ?? 80) - 1;
    const lineOf = () => [printable(phase.name), bar, ...parts].join('  ');
    while (parts.length > 1 && stringWidth(lineOf()) > width) parts.pop();
    this.#line(lineOf());
  }

  #leave(phase: Phase, nowMs: number): void {
    const mark = phase.isDone ? paint('green', '✓', this.#stream) : paint('dim', '…', this.#stream);
    this.#print(`${mark} ${printable(`${phase.name}: ${phase.summary(nowMs)}`)}`);
  }

  #print(text: string): void {
    this.#line.clear();
    this.#stream.write(`${text}\n`);
    this.#draw();
  }
}
