import { z } from 'zod';
import { RECOMPUTE_CHOICES } from '../../every-stage/options.ts';
import type { SelectOptions } from '../options.ts';

export const machineSchema = z.strictObject({
  /** How the run's model is opened. */
  options: z.strictObject({
    model: z.string(),
    engine: z.string().optional(),
    numThreads: z.number().optional(),
    numDevices: z.number().optional(),
    allowLittleMemory: z.boolean().optional(),
    recompute: z.enum(RECOMPUTE_CHOICES).optional(),
  }),
  plugins: z.array(z.string()),
  /** Of the machine that began: who makes a part must have the same. */
  versions: z.record(z.string(), z.string()),
  /** Lets parts be made on machines of other kinds. */
  mixed: z.boolean(),
});

/** What a process is told of the machine that it works on. */
export type ShardMachine = z.output<typeof machineSchema>;

/** Those options that say how the model is opened. */
export function modelOptions({
  model,
  engine,
  numThreads,
  numDevices,
  allowLittleMemory,
  recompute,
}: SelectOptions): ShardMachine['options'] {
  return {
    model,
    ...(engine !== undefined && { engine }),
    ...(numThreads !== undefined && { numThreads }),
    ...(numDevices !== undefined && { numDevices }),
    ...(allowLittleMemory !== undefined && { allowLittleMemory }),
    ...(recompute !== undefined && { recompute }),
  };
}
