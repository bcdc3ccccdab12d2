import type { RunDirectory } from '@pharmacist/core';

export type CountPasses = (kind: 'forward' | 'decode', batches: number, rows: number) => void;

/**
 * Counts the passes of an evaluation in its record. A pass takes one batch through the measured model:
 *   forward, forwardRows  batches and rows that are read whole: prompts before their answers, and texts for their likelihood
 *   decode, decodeRows    batches and rows that are read one token further while answers are generated, what came before being kept
 * Only what this run computes is counted: answers that another evaluation left in a shared cache cost nothing. A judge's own model is not
 * the measured one.
 */
export function countPassesIn(run: RunDirectory): CountPasses {
  return (kind, batches, rows) => {
    run.count(kind, batches);
    run.count(`${kind}Rows`, rows);
  };
}
