import type { TrainingSettingsInput } from '@pharmacist/experiment';
import { UsageError } from '../usage-error.ts';
import { number, type OptionSet, text } from './shared-options.ts';

/** Options that alignment and attack share; what is left out has the default of the stage. */
export const trainingOptions = {
  epochs: number('passes over the rows (default 20)'),
  steps: number('optimiser steps, in place of --epochs'),
  'learning-rate': number('peak learning rate'),
  schedule: text('constant, constant-with-warmup, linear or cosine'),
  'warmup-ratio': number('share of the steps that warm up'),
  'weight-decay': number('decoupled weight decay'),
  'train-batch-size': number('rows of one optimiser step (default 10)'),
  'lora-rank': number('rank of the adapter (default 8)'),
  'lora-alpha': number('alpha of the adapter (default 4)'),
  'lora-dropout': number('share of its input that the adapter does without in each pass of the training (default 0)'),
} satisfies OptionSet;

type TrainingValues = { readonly [Name in keyof typeof trainingOptions]?: number | string | undefined };

/** @throws {UsageError} if both lengths are given. The stage checks the values. */
export function trainingOf(values: TrainingValues): TrainingSettingsInput {
  if (values.epochs !== undefined && values.steps !== undefined) throw new UsageError('--epochs and --steps exclude each other');
  const lora = without({ rank: values['lora-rank'], alpha: values['lora-alpha'], dropout: values['lora-dropout'] });
  const settings = without({
    length: lengthOf(values),
    learningRate: values['learning-rate'],
    schedule: values.schedule,
    warmupRatio: values['warmup-ratio'],
    weightDecay: values['weight-decay'],
    batchSize: values['train-batch-size'],
    lora: Object.keys(lora).length === 0 ? undefined : lora,
  });
  return settings as TrainingSettingsInput;
}

function lengthOf({ epochs, steps }: TrainingValues): object | undefined {
  if (epochs !== undefined) return { epochs };
  return steps === undefined ? undefined : { steps };
}

function without(values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}
