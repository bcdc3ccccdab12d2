import type { ProgressEvent } from '@pharmacist/core';
import { count, duration, rate } from './format.ts';
import { RateEstimate } from './rate-estimate.ts';

/** One phase as it is shown: its last event and its speed. */
export class Phase {
  readonly name: string;
  readonly startMs: number;
  readonly #estimate: RateEstimate;
  event: ProgressEvent;

  constructor(event: ProgressEvent, nowMs: number) {
    this.name = event.phase;
    this.startMs = nowMs;
    this.event = event;
    this.#estimate = new RateEstimate(event.done, nowMs);
  }

  update(event: ProgressEvent, nowMs: number): void {
    this.event = event;
    this.#estimate.add(event.done, nowMs);
  }

  get isDone(): boolean {
    return this.event.done >= this.event.total;
  }

  /** Between 0 and 1. */
  get share(): number {
    return this.event.total === 0 ? 1 : Math.min(1, this.event.done / this.event.total);
  }

  /** `120/400 rows`, then speed and time left once they are known, then the event's own facts. */
  status(nowMs: number): string[] {
    const { done, total, unit, facts } = this.event;
    const parts = [`${count(done)}/${count(total)} ${unitOf(total, unit)}`];
    const speed = this.#estimate.perSecond;
    const left = this.#estimate.secondsLeft(total, nowMs);
    if (speed !== undefined) parts.push(speedOf(speed, unit));
    if (left !== undefined && !this.isDone) parts.push(`${duration(Math.ceil(left))} left`);
    return [...parts, ...Object.entries(facts ?? {}).map(([name, value]) => `${name} ${formatFact(value)}`)];
  }

  /** `400 rows in 12 s (33.3/s)`, `40 of 120 steps in 6.0 s (6.67/s)`; the speed is the one at the end. */
  summary(nowMs: number): string {
    const { done, total, unit } = this.event;
    const seconds = (nowMs - this.startMs) / 1000;
    const speed = this.#estimate.perSecond;
    const amount = this.isDone ? count(done) : `${count(done)} of ${count(total)}`;
    return `${amount} ${unitOf(total, unit)} in ${duration(seconds)}${speed === undefined ? '' : ` (${speedOf(speed, unit)})`}`;
  }
}

/** Things that are counted are named in the plural; `MiB` and `s of work` have none. */
function unitOf(amount: number, unit: string): string {
  return amount === 1 ? unit.replace(/s$/u, '') : unit;
}

/** `33.3/s` of what was named before; bytes are no things, and said again. */
function speedOf(perSecond: number, unit: string): string {
  return `${rate(perSecond)}${unit.endsWith('B') ? ` ${unit}` : ''}/s`;
}

function formatFact(value: number | string): string {
  return typeof value === 'number' && !Number.isInteger(value) ? value.toPrecision(3) : String(value);
}
