import { openRunDirectory, type RunDirectory, type RunInput, silentReporter, type Stopwatch } from '@pharmacist/core';
import { TEMPLATE_DATE } from '@pharmacist/language-model';
import type { AdapterChain } from '../models/adapters.ts';
import { filesOfHub, hubFiles } from '../models/hub-origin.ts';
import { environment } from '../versions.ts';
import type { StageOptions } from './options.ts';
import { warnOfUnusedChoice } from './unused-choice.ts';
import type { Workbench } from '../models/workbench.ts';

export interface StageRun {
  readonly command: string;
  /** What decides the result beside the settings that every stage has. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly settings: { readonly template: string; readonly maxLength: number; readonly skipInvalid: boolean };
  readonly inputs: readonly RunInput[];
  /** The model before any adapter is merged. */
  readonly workbench: Workbench;
  /** Adapters in their order, and the content hash of the model with all of them merged. */
  readonly adapters?: AdapterChain & { readonly sha256: string };
  readonly resultFiles: readonly string[];
  /** Begun with the stage; its time until here is the run's. */
  readonly stopwatch?: Stopwatch;
}

/** Of what a run is told apart by: on engine onnx values that are made again change no bit, elsewhere the last ones. */
export function recomputeOf({ recomputes = false, choice }: Workbench): { recompute?: 'on' } {
  return recomputes && choice.engine.name !== 'onnx' ? { recompute: 'on' } : {};
}

/** Opens the run directory of a stage. @throws {ConfigError} if it holds something else or another run. */
export async function openStage(options: StageOptions, stage: StageRun): Promise<RunDirectory> {
  const { command, config, settings, inputs, workbench, adapters, resultFiles, stopwatch } = stage;
  const { engine, reason } = workbench.choice;
  const { reporter = silentReporter } = options;
  if (options.isRowsChecked !== true) warnOfUnusedChoice(options, inputs, reporter);
  const { template, maxLength, skipInvalid } = settings;
  const chain = adapters === undefined || adapters.dirs.length === 0 ? [] : [{ ...adapters, ...(await filesOfHub(adapters.dirs)) }];
  return await openRunDirectory({
    path: options.out,
    command,
    config: {
      ...config,
      seed: options.seed,
      template,
      // A chat template may write a date: it is always the same one.
      ...(template === 'chat' && { chatTemplateDate: TEMPLATE_DATE }),
      maxLength,
      skipInvalid,
      map: options.map ?? null,
      engine: engine.name,
      ...recomputeOf(workbench),
    },
    inputs: [
      ...inputs,
      ...(options.catalog?.inputs ?? []),
      {
        role: 'model',
        source: options.model,
        sha256: workbench.model.identityHash,
        ...(await hubFiles(options.model)),
      },
      ...chain.map(({ names, sha256, files }) => ({ role: 'adapters', source: names.join(', '), sha256, ...(files && { files }) })),
    ],
    versions: environment(engine),
    engine: { name: engine.name, description: engine.description, reason },
    resultFiles,
    ...(stopwatch !== undefined && { stopwatch }),
    owner: options.owner,
    takesOver: options.takeOver,
    reporter,
  });
}
