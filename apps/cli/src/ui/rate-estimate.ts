/** Seconds after which an observation counts half: long enough to smooth uneven batches, short enough to follow a machine that slows down. */
const HALF_LIFE_SECONDS = 8;

/** Units a second of one phase, smoothed: a mean of the observed speeds in which recent seconds weigh more. */
export class RateEstimate {
  #lastDone: number;
  #lastMs: number;
  #weightedUnits = 0;
  #weight = 0;

  /** @param done what an earlier attempt had done already; it says nothing about the speed now. */
  constructor(done: number, nowMs: number) {
    this.#lastDone = done;
    this.#lastMs = nowMs;
  }

  add(done: number, nowMs: number): void {
    const seconds = (nowMs - this.#lastMs) / 1000;
    if (seconds <= 0 || done <= this.#lastDone) return;
    // Integral of 2^(-age / half-life) over the interval: the exact weight of these seconds however unevenly the events arrive.
    const decay = 2 ** (-seconds / HALF_LIFE_SECONDS);
    const weight = (1 - decay) * (HALF_LIFE_SECONDS / Math.LN2);
    this.#weightedUnits = this.#weightedUnits * decay + ((done - this.#lastDone) / seconds) * weight;
    this.#weight = this.#weight * decay + weight;
    this.#lastDone = done;
    this.#lastMs = nowMs;
  }

  /** Undefined before there is anything to go by. */
  get perSecond(): number | undefined {
    return this.#weight === 0 ? undefined : this.#weightedUnits / this.#weight;
  }

  /** Seconds until `total`, counted down between events. */
  secondsLeft(total: number, nowMs: number): number | undefined {
    const speed = this.perSecond;
    if (speed === undefined) return undefined;
    return Math.max(0, (total - this.#lastDone) / speed - (nowMs - this.#lastMs) / 1000);
  }
}
