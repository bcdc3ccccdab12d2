import type { Reporter } from '@pharmacist/core';

export interface ClosableReporter extends Reporter {
  /** Takes the bar off the screen and stops its clock. */
  close(): void;
}
