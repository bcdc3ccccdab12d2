import type { ProgressEvent, Reporter } from '@pharmacist/core';

/** A step of the grid as far as its duration goes. */
export interface TimedStep {
  readonly id: string;
  /** Steps of one kind take about equally long for one unit of work. */
  readonly kind: string;
  /** Work in units that compare steps of one kind: optimiser steps, prompts. */
  readonly work: number;
}

/**
 * One progress view over a whole grid. It counts seconds of work: those that finished steps took, and those that the rest will take going by
 * the steps so far, of the same kind where there were some. So the estimate of the end is that of the grid and not of the step at work.
 */
export class GridProgress {
  readonly #steps: readonly TimedStep[];
  readonly #reporter: Reporter;
  readonly #seconds = new Map<string, number>();
  #isShown = false;

  constructor(steps: readonly TimedStep[], reporter: Reporter) {
    this.#steps = steps;
    this.#reporter = reporter;
  }

  /** The last step ends what was shown as whole. @param seconds it took, now or in an earlier attempt. */
  finish(id: string, seconds: number): void {
    this.#seconds.set(id, seconds);
    if (!this.#isShown || this.#seconds.size < this.#steps.length) return;
    const total = Math.max(1, Math.round(this.#finished()));
    this.#reporter.progress({ ...this.#view(), done: total, total });
  }

  /** What a step reports, as progress of the grid. Its phases come one after the other and each counts from nought. */
  reporterOf(id: string, nowMs: () => number = () => performance.now()): Reporter {
    const startMs = nowMs();
    return {
      progress: ({ phase, done, total, unit, facts }) => {
        const elapsed = (nowMs() - startMs) / 1000;
        const before = this.#finished();
        const rest = this.#steps.filter((step) => step.id !== id && !this.#seconds.has(step.id));
        const expected = rest.reduce((sum, step) => sum + this.#expected(step), 0);
        const current = this.#steps.find((step) => step.id === id)!;
        const here = Math.max(elapsed, this.#expected(current));
        this.#isShown = true;
        this.#reporter.progress({
          ...this.#view(),
          done: Math.round(before + elapsed),
          total: Math.max(Math.round(before + elapsed) + 1, Math.round(before + here + expected)),
          facts: { step: `${this.#seconds.size + 1}/${this.#steps.length} ${id}`, now: `${phase} ${done}/${total} ${unit}`, ...facts },
        });
      },
      warn: (message) => this.#reporter.warn(`${id}: ${message}`),
      info: () => undefined,
    };
  }

  #view(): Pick<ProgressEvent, 'phase' | 'unit'> {
    return { phase: `Grid of ${this.#steps.length} steps`, unit: 's of work' };
  }

  /** Seconds that the finished steps took. */
  #finished(): number {
    return [...this.#seconds.values()].reduce((sum, seconds) => sum + seconds, 0);
  }

  #expected({ kind, work }: TimedStep): number {
    const done = this.#steps.filter((step) => this.#seconds.has(step.id));
    const alike = done.filter((step) => step.kind === kind);
    const basis = alike.length > 0 ? alike : done;
    const totalWork = basis.reduce((sum, step) => sum + step.work, 0);
    if (totalWork === 0) return work * FIRST_GUESS_SECONDS;
    return (work * basis.reduce((sum, step) => sum + this.#seconds.get(step.id)!, 0)) / totalWork;
  }
}

/** Of one unit of work before anything was measured. */
const FIRST_GUESS_SECONDS = 0.06;
