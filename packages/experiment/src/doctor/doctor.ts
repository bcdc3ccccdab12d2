import { availableParallelism, freemem, totalmem } from 'node:os';
import { PharmacistError } from '@pharmacist/core';
import { createEngine, ENGINE_NAMES } from '@pharmacist/tensor-kernels';
import { modelDirectory } from '../assets.ts';
import { SELECT_DEFAULTS } from '../select/options.ts';
import { versions } from '../versions.ts';
import { estimateSelection, type SelectionEstimate } from './estimate-selection.ts';

export interface DoctorOptions {
  /** Model to estimate a selection for; none by default. */
  readonly model?: string;
  readonly batchSize?: number;
  readonly maxLength?: number;
}

export interface EngineReport {
  readonly name: string;
  readonly works: boolean;
  /** What runs, or what is missing and how to get it. */
  readonly detail: string;
}

export interface DoctorReport {
  readonly versions: Readonly<Record<string, string>>;
  readonly platform: string;
  readonly numThreads: number;
  readonly totalMemoryBytes: number;
  readonly freeMemoryBytes: number;
  readonly engines: readonly EngineReport[];
  /** The engine that `auto` takes. */
  readonly chosen: { readonly description: string; readonly reason: string };
  readonly estimate: (SelectionEstimate & { readonly fits: boolean }) | undefined;
}

/** Starts every engine once and says which work, what the machine has, and what a selection with a model would need. */
export async function doctor(options: DoctorOptions): Promise<DoctorReport> {
  const engines: EngineReport[] = [];
  // The other names of pjrt choose how it multiplies, not what runs.
  for (const name of ENGINE_NAMES) if (name !== 'auto' && !name.startsWith('pjrt-')) engines.push(await examine(name));
  const { engine, reason } = await createEngine();
  const chosen = { description: engine.description, reason };
  await engine.dispose();
  const { model, batchSize = SELECT_DEFAULTS.batchSize, maxLength = SELECT_DEFAULTS.maxLength } = options;
  const estimate =
    model === undefined
      ? undefined
      : await estimateSelection(await modelDirectory(model, { contents: 'configuration' }), { batchSize, maxLength });
  return {
    versions: versions(),
    platform: `${process.platform} ${process.arch}`,
    numThreads: availableParallelism(),
    totalMemoryBytes: totalmem(),
    freeMemoryBytes: freemem(),
    engines,
    chosen,
    estimate: estimate && { ...estimate, fits: estimate.totalBytes < totalmem() },
  };
}

async function examine(name: Exclude<(typeof ENGINE_NAMES)[number], 'auto'>): Promise<EngineReport> {
  try {
    const { engine } = await createEngine({ name });
    await engine.dispose();
    return { name, works: true, detail: engine.description };
  } catch (error) {
    if (!(error instanceof PharmacistError)) throw error;
    return { name, works: false, detail: error.hint === undefined ? error.message : `${error.message}; ${error.hint}` };
  }
}
