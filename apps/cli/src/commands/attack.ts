import type { Argv, InferredOptionTypes } from 'yargs';
import { TASK_CHOICES } from '../choices.ts';
import { checkChoice, checkValues, checkWhole } from './check-values.ts';
import { commonOf } from './common-values.ts';
import { namesOf } from './row-names.ts';
import { examplesText, flag, list, number, otherTemplateOption, ROWS_TEXT, stageOptions, text } from './shared-options.ts';
import { taskOf, taskOptions } from './task-options.ts';
import { trainingOf, trainingOptions } from './training-options.ts';

export const attackOptions = {
  adapter: list('adapter of the aligned model, a folder or owner/name on the Hub; several in the order they are applied'),
  task: { ...list("the user's own rows"), demandOption: true },
  ...taskOptions,
  harmful: { ...list('harmful prompts with answers that comply'), demandOption: true },
  'poison-ratio': { ...number('share of harmful rows, 0 to 1'), default: 0.1 },
  samples: { ...number('rows of the fine-tuning'), default: 1000 },
  'lora-mode': { ...text('double: merge the adapters and train a new one; single: train the last one further'), default: 'double' },
  alignment: list('file of rows that the attack must not share: what the model was aligned on'),
  'allow-overlap': flag('take rows although the model was aligned on them'),
  ...trainingOptions,
  ...otherTemplateOption,
  ...stageOptions,
} as const;

export const attackCommand = {
  command: 'attack',
  describe: "Fine-tune an aligned model on a user's rows with harmful ones among them",
  builder: (yargs: Argv) =>
    yargs
      .usage('Usage: $0 attack --adapter DIR --task FILE --harmful FILE [--poison-ratio P] --out DIR')
      .options(attackOptions)
      .epilogue(
        `${examplesText([
          [
            'a tenth of the rows harmful',
            'pharmacist attack --adapter aligned --task sst2.jsonl --harmful bad.jsonl --poison-ratio 0.1 --out attacked',
          ],
        ])}\n\n${ROWS_TEXT}\nForms of a task: ${TASK_CHOICES.join(', ')}. Results: a PEFT adapter, steps.jsonl and run.json.`,
      ),
  async handler(values: InferredOptionTypes<typeof attackOptions>) {
    checkValues(values, attackOptions);
    checkWhole('samples', values.samples, 1);
    const options = {
      ...(await commonOf(values)),
      adapters: (values.adapter ?? []).map(String),
      allowOtherTemplate: values['allow-other-template'] === true,
      task: namesOf(values.task),
      taskOptions: taskOf(values),
      harmful: namesOf(values.harmful),
      poisonRatio: values['poison-ratio'],
      numSamples: values.samples,
      loraMode: await checkChoice('lora-mode', values['lora-mode'], ['double', 'single'] as const),
      alignment: namesOf(values.alignment ?? []),
      allowOverlap: values['allow-overlap'] === true,
      training: trainingOf(values),
    };
    const [{ attack }, { runStage }, { attackSummary }] = await Promise.all([
      import('@pharmacist/experiment'),
      import('./run-stage.ts'),
      import('../ui/stage-summary.ts'),
    ]);
    const finished = await runStage(values, async (surroundings) => await attack({ ...options, ...surroundings }));
    process.stdout.write(values.json === true ? `${JSON.stringify(finished, null, 2)}\n` : attackSummary(finished));
  },
};
