import type { Defense } from '@pharmacist/defenses';
import type { WorkSizes } from '../doctor/estimate-memory.ts';

/** The largest program of a defense with these options, for an estimate of its memory; undefined: that of plain training. */
export function stepProgramOf({ largestProgram }: Pick<Defense, 'largestProgram'>, config: unknown): WorkSizes['stepProgram'] {
  return largestProgram && ((sizes) => largestProgram(sizes, config));
}
