import * as core from '@pharmacist/core';
import * as dataIo from '@pharmacist/data-io';
import * as defenses from '@pharmacist/defenses';
import * as distributed from '@pharmacist/distributed';
import * as languageModel from '@pharmacist/language-model';
import * as metrics from '@pharmacist/metrics';
import * as selector from '@pharmacist/selector';
import * as tensorKernels from '@pharmacist/tensor-kernels';
import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';

/** What a plugin that imports nothing is given: the functions that define, the schemas of options, the operations of programs, and every package under its name. */
export const TOOLKIT = {
  defineSelector: selector.defineSelector,
  defineFilter: selector.defineFilter,
  defineDefense: defenses.defineDefense,
  defineJudge: metrics.defineJudge,
  defineTask: metrics.defineTask,
  defineRowFormat: dataIo.defineRowFormat,
  defineEngine: tensorKernels.defineEngine,
  defineExecutor: distributed.defineExecutor,
  z,
  tf,
  core,
  dataIo,
  defenses,
  distributed,
  languageModel,
  metrics,
  selector,
  tensorKernels,
} as const;

export type Toolkit = typeof TOOLKIT;
