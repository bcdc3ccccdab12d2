import { totalmem } from 'node:os';

/** Bytes that a process may take here: the memory of the machine, or of the container that it runs in. */
export function machineMemory(): number {
  const limit = process.constrainedMemory();
  return limit !== undefined && limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}
