/**
 * Wall time of a command from its beginning on, in laps. A run directory opens only once everything is read, loaded and checked; what that
 * took is part of the run's time all the same.
 */
export class Stopwatch {
  /** ISO 8601, UTC. */
  readonly startedAt = new Date().toISOString();
  /** On the clock of `performance.now`. */
  readonly startedMs = performance.now();
  /** Seconds by phase. */
  readonly laps: Record<string, number> = {};
  #lapMs = this.startedMs;

  /** Ends a lap: the time since the last one, or since the beginning, is the phase's. */
  lap(phase: string): void {
    const nowMs = performance.now();
    this.laps[phase] = (this.laps[phase] ?? 0) + (nowMs - this.#lapMs) / 1000;
    this.#lapMs = nowMs;
  }
}
