import { join, relative } from 'node:path';
import type { Argv, InferredOptionTypes } from 'yargs';
import { DEFAULTS, ENGINE_CHOICES } from '../choices.ts';
import { checkChoice, checkValues, checkWhole } from './check-values.ts';
import { engineOptions, examplesText, outputOptions, quietOption, text } from './shared-options.ts';

export const demoOptions = {
  out: { ...text('folder for the results'), default: 'pharmacist-demo' },
  ...engineOptions,
  ...quietOption,
  ...outputOptions,
} as const;

type DemoArguments = InferredOptionTypes<typeof demoOptions>;

export const demoCommand = {
  command: 'demo',
  describe: 'See a selection on bundled data with the bundled model, in half a minute',
  builder: (yargs: Argv) =>
    yargs
      .usage(
        'Usage: $0 demo [--out DIR]\n\nSelects from 400 bundled rows, of which it is known which are good, and shows where each kind went.',
      )
      .options(demoOptions)
      .epilogue(
        examplesText([
          ['writes ./pharmacist-demo', 'pharmacist demo'],
          ['the table as data', 'pharmacist demo --json | jq .planted.kinds'],
        ]),
      ),
  async handler(values: DemoArguments) {
    checkValues(values, demoOptions);
    checkWhole('threads', values.threads, 1);
    checkWhole('devices', values.devices, 1);
    const engine = await checkChoice('engine', values.engine, ENGINE_CHOICES);
    const [{ bundledPath }, { runSelection }, { demoEpilogue, demoIntroduction }, { summaryOf }] = await Promise.all([
      import('@pharmacist/bundled'),
      import('./run-selection.ts'),
      import('../ui/demo-text.ts'),
      import('../ui/select-summary.ts'),
    ]);
    if (values.quiet !== true) process.stderr.write(demoIntroduction());
    const data = bundledPath('data', 'demo');
    const { model, method, keep, seed } = DEFAULTS;
    // The bundled words were learned from rows of the same data sets, with their labels.
    const methodOptions = { prior: 'none' };
    const files = {
      alignment: join(data, 'alignment.jsonl'),
      harmful: join(data, 'harmful.jsonl'),
      validation: join(data, 'validation.jsonl'),
    };
    const finished = await runSelection(
      {
        ...files,
        model,
        method,
        methodOptions,
        keep,
        seed,
        out: values.out,
        engine,
        numThreads: values.threads,
        numDevices: values.devices,
      },
      values,
    );
    const folder = relative('', data);
    process.stdout.write(
      values.json === true ? `${JSON.stringify(finished, null, 2)}\n` : summaryOf(finished) + demoEpilogue(folder, values.out),
    );
  },
};
