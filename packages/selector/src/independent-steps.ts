import type { StateArray } from '@pharmacist/core';

/** Steps of a pass that may be made elsewhere, in ranges. */
export interface IndependentSteps {
  readonly name: string;
  readonly values: Readonly<Record<string, StateArray>>;
  /** The steps that are to be made: from the first up to the second, without it. */
  readonly from: number;
  readonly to: number;
  steps(start: number): AsyncIterable<void>;
}
