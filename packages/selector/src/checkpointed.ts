import type { State, StateArray } from '@pharmacist/core';
import type { SelectionContext } from './selector.ts';

export interface CheckpointedWork {
  /** Name of the checkpoint; work without one starts over when it is stopped. */
  readonly name?: string | undefined;
  /** What the steps fill, by name; a checkpoint puts its values back. */
  readonly values: Readonly<Record<string, StateArray>>;
  /** The steps from number `start` on; each is done when it is yielded. */
  steps(start: number): AsyncIterable<void>;
  /** Where others may make the steps: how many there are, and who has those from number `from` on made; false if they are to be made here. */
  readonly divided?: { readonly numSteps: number; make(from: number): Promise<boolean> } | undefined;
}

const CHECKPOINT_STEPS = 16;
/** Of the time since the last checkpoint, what the next may cost, if it costs so much that it is worth waiting: values of ten million rows take seconds. */
const MOST_OF_TIME = 1 / 16;
const WORTH_WAITING_MS = 100;

/**
 * Makes the steps of a long pass, going on where a checkpoint ends. A checkpoint holds all values, so the distance between two grows with what
 * is done, by a sixteenth: a pass over a million rows writes its values a bounded number of times and a kill costs little of it. Checkpoints that take long are
 * written less often. The clock decides nothing but how much is lost by a kill.
 */
export async function checkpointed(context: SelectionContext, { name, values, steps, divided }: CheckpointedWork): Promise<void> {
  const saved = name === undefined ? undefined : await context.state.load(name);
  let numSteps = saved === undefined ? 0 : restored(saved, values);
  let numSaved = numSteps;
  let notBeforeMs = 0;
  const save = async () => {
    if (name === undefined || numSteps === numSaved) return;
    numSaved = numSteps;
    const startedMs = performance.now();
    await context.state.save(name, { meta: { numSteps }, arrays: { ...values } });
    const tookMs = performance.now() - startedMs;
    notBeforeMs = tookMs < WORTH_WAITING_MS ? 0 : startedMs + tookMs / MOST_OF_TIME;
  };
  if (divided !== undefined && numSteps < divided.numSteps && (await divided.make(numSteps))) {
    numSteps = divided.numSteps;
    await save();
    return;
  }
  try {
    for await (const _ of steps(numSteps)) {
      numSteps++;
      const isDue = numSteps >= numSaved + Math.max(CHECKPOINT_STEPS, numSaved / CHECKPOINT_STEPS);
      if (isDue && performance.now() >= notBeforeMs) await save();
    }
  } finally {
    await save();
  }
}

/** Puts saved values back. @returns the steps that are done; none if the checkpoint is of another form, as another version may have left it. */
function restored({ meta: { numSteps }, arrays }: State, values: CheckpointedWork['values']): number {
  const fits = Object.entries(values).every(([key, { length }]) => arrays[key]?.length === length);
  if (!fits || !Number.isSafeInteger(numSteps)) return 0;
  for (const [key, array] of Object.entries(values)) array.set(arrays[key]!);
  return numSteps as number;
}
