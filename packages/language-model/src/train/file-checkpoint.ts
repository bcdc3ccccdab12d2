import { readStateFile, type Reporter, writeStateFile } from '@pharmacist/core';
import type { TrainCheckpoint } from './loop.ts';

/** A training checkpoint in one file of its own; a damaged file is reported and not continued. */
export function fileCheckpoint(
  path: string,
  { everySteps, fingerprint, reporter }: Pick<TrainCheckpoint, 'everySteps' | 'fingerprint'> & { reporter: Reporter },
): TrainCheckpoint {
  return {
    everySteps,
    fingerprint,
    save: async (state) => await writeStateFile(path, state),
    load: async () => {
      const state = await readStateFile(path);
      if (state === 'damaged') reporter.warn(`the checkpoint ${path} is damaged; training starts again`);
      return state === 'missing' || state === 'damaged' ? undefined : state;
    },
  };
}
