import { resolve } from 'node:path';
import { silentReporter } from '@pharmacist/core';
import { LanguageModel } from '@pharmacist/language-model';
import type { OpenedModel } from '@pharmacist/selector';
import { type EngineChoice, recomputingEngine } from '@pharmacist/tensor-kernels';
import { modelDirectory } from '../assets.ts';
import { BUILT_IN } from '../catalog/catalog.ts';
import { type MemoryNames, OPTION_NAMES } from '../doctor/what-would-fit.ts';
import { type AskedWork, checkMemory, type MemoryPlan } from './check-memory.ts';
import { checkThreads } from './check-threads.ts';
import { STAGE_DEFAULTS, type StageOptions } from '../every-stage/options.ts';

/** A model on an engine, opened once for as many stages as work with it: weights and compiled programs are shared. */
export interface Workbench {
  readonly model: LanguageModel;
  readonly choice: EngineChoice;
  /** Whether backward passes make the values of a block again instead of keeping them; not so if left out. */
  readonly recomputes?: boolean;
}

export interface WorkbenchOptions extends Pick<
  StageOptions,
  'model' | 'engine' | 'numThreads' | 'numDevices' | 'allowLittleMemory' | 'recompute' | 'catalog' | 'reporter' | 'signal'
> {
  /** What the model will be used for at its dearest: it is opened only if there is memory for all of that. */
  readonly asked?: readonly AskedWork[] | undefined;
  /** How the user says what may help where there is not. */
  readonly memoryNames?: MemoryNames;
}

/**
 * Runs `work` with a model: one that is open already, or one that is opened for it and closed after it.
 * @throws {ConfigError} if there is no engine of this name, or no memory or too few cores for it here. @throws {ModelError} if the model cannot be read. @throws {EngineError} if the engine asked for cannot run here.
 */
export async function withWorkbench<T>(
  options: WorkbenchOptions,
  opened: Workbench | undefined,
  work: (workbench: Workbench) => Promise<T>,
): Promise<T> {
  if (opened !== undefined) return await work(opened);
  const { reporter = silentReporter, numThreads, numDevices, engine: name = STAGE_DEFAULTS.engine, catalog = BUILT_IN } = options;
  const { recompute = STAGE_DEFAULTS.recompute, asked = [], allowLittleMemory: allowsLittle, memoryNames = OPTION_NAMES } = options;
  if (numThreads !== undefined) checkThreads(numThreads, memoryNames.threadsSetting);
  const maker = catalog.engine.get(name);
  const modelDir = await modelDirectory(options.model, options);
  const choice = await maker.start({
    ...(numThreads !== undefined && { numThreads }),
    ...(numDevices !== undefined && { numDevices }),
  });
  reporter.info(`engine: ${choice.engine.description}: ${choice.reason}`);
  try {
    // Estimates are of engine onnx; what a device has is for its runtime to say.
    const { recomputes, reason }: MemoryPlan =
      choice.engine.name === 'onnx'
        ? await checkMemory(modelDir, asked, { model: options.model, recompute, allowsLittle, names: memoryNames })
        : { recomputes: recompute === 'on' };
    if (reason !== undefined) reporter.info(reason);
    const engine = recomputes ? recomputingEngine(choice.engine) : choice.engine;
    const model = await LanguageModel.load(modelDir, engine);
    for (const warning of model.warnings) reporter.warn(`${options.model}: ${warning}`);
    return await work({ model, choice: { ...choice, engine }, recomputes });
  } finally {
    await choice.engine.dispose();
  }
}

/**
 * A second model on the engine of an open one; the open one itself, with what is compiled for it, if it is asked for.
 * @param opened the open model, and the bundled name or directory it was opened by. @throws {ModelError} if the second cannot be read.
 */
export async function openSecondModel(name: string, { model, openedBy }: { model: LanguageModel; openedBy: string }): Promise<OpenedModel> {
  const directory = await modelDirectory(name);
  if (resolve(directory) === resolve(await modelDirectory(openedBy))) return { model, dispose: async () => undefined };
  const second = await LanguageModel.load(directory, model.engine);
  return { model: second, dispose: async () => await second.dispose() };
}
