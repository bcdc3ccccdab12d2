import { availableParallelism, freemem } from 'node:os';
import { PharmacistError } from '@pharmacist/core';
import { checkLength, mostTokens, readModelConfig } from '@pharmacist/language-model';
import type { ModelWork } from '@pharmacist/selector';
import { createEngine, type EngineMaker } from '@pharmacist/tensor-kernels';
import { modelDirectory } from '../assets.ts';
import { BUILT_IN, type Catalog } from '../catalog/catalog.ts';
import { stepProgramOf } from '../models/step-program.ts';
import { SELECT_DEFAULTS } from '../select/options.ts';
import { mostRowsOf, type PoolMemory, poolMemory } from '../select/pool-memory.ts';
import { alignmentSettings } from '../train/settings.ts';
import { versions } from '../versions.ts';
import { estimateMemory, type MemoryEstimate, type WorkSizes } from './estimate-memory.ts';
import { machineMemory } from './machine-memory.ts';
import { whatWouldFit } from './what-would-fit.ts';

export interface DoctorOptions {
  /** Model to estimate runs for; none by default. */
  readonly model?: string;
  readonly batchSize?: number;
  readonly maxLength?: number;
  /** Rows of a pool that is to be ranked, for what each method keeps of it; needs a model. */
  readonly rows?: number | undefined;
  /** Whose engines are started; what is built in if left out. */
  readonly catalog?: (Pick<Catalog, 'engine'> & Partial<Pick<Catalog, 'selector' | 'defense'>>) | undefined;
}

/** What a run with a model would need. */
export interface RunEstimate extends Omit<MemoryEstimate, 'config'>, Omit<WorkSizes, 'stepProgram'> {
  /** "select", "select by gradients", "align", and "align by" a defense whose steps need more than plain ones. */
  readonly run: string;
  /** Memory in all if backward passes make the values of a block again; undefined where there are none. */
  readonly recomputedBytes: number | undefined;
  /** What would fit, if it does not. */
  readonly advice: string | undefined;
}

/** What a method with its defaults keeps in memory of a pool, beside program and model. */
export interface PoolEstimate extends PoolMemory {
  readonly method: string;
  readonly numRows: number;
  /** Rows of which this much would be there: all that may be asked of this machine. */
  readonly mostRows: number;
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
  /** Of the machine, or of the container that this runs in. */
  readonly totalMemoryBytes: number;
  readonly freeMemoryBytes: number;
  readonly engines: readonly EngineReport[];
  /** The engine that `auto` takes. */
  readonly chosen: { readonly description: string; readonly reason: string };
  /** On the CPU with engine onnx; none without a model. */
  readonly estimates: readonly RunEstimate[];
  /** By method, if a number of rows was asked for. */
  readonly pools: readonly PoolEstimate[];
}

/** Trusted, and harmful, rows beside a pool that is asked for. */
const ASSUMED_TRUSTED = 100;

/** Starts every engine once and says which work, what the machine has, and what runs with a model would need. */
export async function doctor(options: DoctorOptions): Promise<DoctorReport> {
  const engines: EngineReport[] = [];
  // The other names of pjrt choose how it multiplies, not what runs.
  const { engine: makers } = options.catalog ?? BUILT_IN;
  for (const maker of makers) if (!['auto', 'pjrt-bfloat16', 'pjrt-float32'].includes(maker.name)) engines.push(await examine(maker));
  const { engine, reason } = await createEngine();
  const chosen = { description: engine.description, reason };
  await engine.dispose();
  const { model } = options;
  const totalMemoryBytes = machineMemory();
  const estimates: RunEstimate[] = [];
  const pools: PoolEstimate[] = [];
  if (model !== undefined) {
    const modelDir = await modelDirectory(model, { contents: 'configuration' });
    const modelConfig = await readModelConfig(modelDir);
    const most = mostTokens(modelConfig);
    const { batchSize = SELECT_DEFAULTS.batchSize, maxLength = Math.min(SELECT_DEFAULTS.maxLength, most) } = options;
    checkLength(maxLength, { model, mostTokens: most, where: '--max-length' });
    const { batchSize: trainBatchSize, lora } = alignmentSettings.parse({});
    type Run = [run: string, work: ModelWork, batchSize: number, batchOption: string, stepProgram?: WorkSizes['stepProgram']];
    const trainedRows = options.batchSize ?? trainBatchSize;
    const larger = [...(options.catalog?.defense ?? BUILT_IN.defense)].flatMap((defense): Run[] => {
      const config = defense.config.safeParse({});
      const stepProgram = config.success ? stepProgramOf(defense, config.data) : undefined;
      return stepProgram === undefined ? [] : [[`align by ${defense.name}`, 'training', trainedRows, '--train-batch-size', stepProgram]];
    });
    const runs: Run[] = [
      ['select', 'forward', batchSize, '--batch-size'],
      ['select by gradients', 'influences', batchSize, '--batch-size'],
      ['align', 'training', trainedRows, '--train-batch-size'],
      ...larger,
    ];
    if (options.rows !== undefined) {
      const sizes = { hiddenSize: modelConfig.hiddenSize, numTrusted: ASSUMED_TRUSTED, numHarmful: ASSUMED_TRUSTED };
      for (const selector of options.catalog?.selector ?? BUILT_IN.selector) {
        const config = selector.config.safeParse({});
        if (!config.success) continue;
        const memory = poolMemory({ selector, config: config.data, explain: false }, options.rows, sizes);
        const mostRows = mostRowsOf(memory, totalMemoryBytes);
        pools.push({ method: selector.name, numRows: options.rows, ...memory, mostRows });
      }
    }
    for (const [run, work, rows, batchOption, stepProgram] of runs) {
      const sizes = { batchSize: rows, maxLength, loraRank: lora.rank };
      const { config: _, ...estimate } = await estimateMemory(modelDir, work, { ...sizes, stepProgram });
      const again = work === 'forward' ? undefined : await estimateMemory(modelDir, work, { ...sizes, stepProgram, recomputes: true });
      const recomputedBytes = again?.totalBytes;
      const advice = whatWouldFit(again ?? estimate, sizes, { memoryBytes: totalMemoryBytes, batchOption });
      estimates.push({ run, ...sizes, ...estimate, recomputedBytes, advice });
    }
  }
  return {
    versions: versions(),
    platform: `${process.platform} ${process.arch}`,
    numThreads: availableParallelism(),
    totalMemoryBytes,
    freeMemoryBytes: freemem(),
    engines,
    chosen,
    estimates,
    pools,
  };
}

async function examine({ name, start }: EngineMaker): Promise<EngineReport> {
  try {
    const { engine } = await start();
    await engine.dispose();
    return { name, works: true, detail: engine.description };
  } catch (error) {
    if (!(error instanceof PharmacistError)) throw error;
    return { name, works: false, detail: error.hint === undefined ? error.message : `${error.message}; ${error.hint}` };
  }
}
