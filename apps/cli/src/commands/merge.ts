import type { Argv, InferredOptionTypes } from 'yargs';
import { UsageError } from '../usage-error.ts';
import { checkValues } from './check-values.ts';
import { examplesText, outputOptions, quietOption } from './shared-options.ts';

export const mergeOptions = { ...quietOption, ...outputOptions } as const;

type MergeArguments = InferredOptionTypes<typeof mergeOptions> & { model: string; folders: string[] };

export const mergeCommand = {
  command: 'merge <model> <folders..>',
  describe: 'Write a whole model with adapters added to its weights',
  builder: (yargs: Argv) =>
    yargs
      .usage('Usage: $0 merge MODEL ADAPTER... OUT')
      .positional('model', { type: 'string', demandOption: true, describe: 'the base model, as --model of the other commands' })
      .positional('folders', {
        type: 'string',
        array: true,
        demandOption: true,
        describe: 'adapters in the order they are applied, and last the folder that is made',
      })
      .options(mergeOptions)
      .epilogue(
        `${examplesText([
          ['an aligned model', 'pharmacist merge ./SmolLM2-135M aligned SmolLM2-135M-aligned'],
          ['what an attack left of it', 'pharmacist merge ./SmolLM2-135M aligned attacked SmolLM2-135M-attacked'],
        ])}\n\nResults: the same files as the model has, weights in the same types; tokenizer and licence are copied.`,
      ),
  async handler(values: MergeArguments) {
    checkValues(values, mergeOptions);
    const folders = values.folders.map(String);
    const [adapters, out] = [folders.slice(0, -1), folders.at(-1)!];
    if (adapters.length === 0) throw new UsageError('name the model, one adapter or more, and last the folder that is made');
    const [{ mergeModel }, { runStage }, { mergeSummary }] = await Promise.all([
      import('@pharmacist/experiment'),
      import('./run-stage.ts'),
      import('../ui/folder-summary.ts'),
    ]);
    const { model } = values;
    const merged = await runStage(values, async (surroundings) => await mergeModel({ model, adapters, out, ...surroundings }));
    const { config, ...figures } = merged;
    const document = { out, family: config.modelType, ...figures };
    process.stdout.write(values.json === true ? `${JSON.stringify(document, null, 2)}\n` : mergeSummary(merged, { model, adapters, out }));
  },
};
