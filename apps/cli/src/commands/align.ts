import type { Argv, InferredOptionTypes } from 'yargs';
import { DEFENSE_CHOICES } from '../choices.ts';
import { checkName, checkValues } from './check-values.ts';
import { commonOf } from './common-values.ts';
import { namesOf, namesOfAny } from './row-names.ts';
import { parseSetOptions } from './set-options.ts';
import { examplesText, list, ROWS_TEXT, stageOptions, text } from './shared-options.ts';
import { trainingOf, trainingOptions } from './training-options.ts';

export const alignOptions = {
  data: { ...list('rows to align on: prompts with safe answers, a core subset for instance'), demandOption: true },
  harmful: list('harmful prompts with harmful answers, for the defenses that simulate an attack'),
  defense: { ...text(`how to align: ${DEFENSE_CHOICES.join(', ')}`), default: 'sft' },
  set: list('option of the defense as key=value (`pharmacist methods NAME` lists them); may be repeated'),
  ...trainingOptions,
  ...stageOptions,
} as const;

export const alignCommand = {
  command: 'align',
  describe: 'Align a model on rows with a defense',
  builder: (yargs: Argv) =>
    yargs
      .usage('Usage: $0 align --data FILE --defense NAME [--harmful FILE] --out DIR')
      .options(alignOptions)
      .epilogue(
        `${examplesText([
          ['on a core subset', 'pharmacist align --data run/core.jsonl --defense sft --out aligned'],
          ['with an option', 'pharmacist align --data run/core.jsonl --defense vaccine --set rho=5 --out aligned'],
        ])}\n\n${ROWS_TEXT}\nResults: a PEFT adapter, steps.jsonl and run.json.`,
      ),
  async handler(values: InferredOptionTypes<typeof alignOptions>) {
    checkValues(values, alignOptions);
    const options = {
      ...(await commonOf(values)),
      data: namesOf(values.data),
      harmful: namesOfAny(values.harmful),
      defense: await checkName('defense', values.defense, DEFENSE_CHOICES, values.plugin),
      defenseOptions: await parseSetOptions((values.set ?? []).map(String)),
      training: trainingOf(values),
    };
    const [{ align }, { runStage }, { alignSummary }] = await Promise.all([
      import('@pharmacist/experiment'),
      import('./run-stage.ts'),
      import('../ui/stage-summary.ts'),
    ]);
    const finished = await runStage(values, async (surroundings) => await align({ ...options, ...surroundings }));
    process.stdout.write(values.json === true ? `${JSON.stringify(finished, null, 2)}\n` : alignSummary(finished));
  },
};
