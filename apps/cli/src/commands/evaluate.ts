import type { Argv, InferredOptionTypes } from 'yargs';
import { JUDGE_CHOICES } from '../choices.ts';
import { UsageError } from '../usage-error.ts';
import { checkName, checkValues, checkWhole } from './check-values.ts';
import { commonOf } from './common-values.ts';
import { namesOfAny } from './row-names.ts';
import { parseSetOptions } from './set-options.ts';
import { examplesText, list, number, otherTemplateOption, ROWS_TEXT, stageOptions, text } from './shared-options.ts';
import { taskOf, taskOptions } from './task-options.ts';

export const evaluateOptions = {
  adapter: list('adapter of the model, a folder or owner/name on the Hub; several in the order they are applied'),
  'harmful-prompts': list('prompts that must not be answered: harmful score'),
  task: list('task rows that were not trained on: fine-tune accuracy'),
  ...taskOptions,
  'overrefusal-prompts': list('harmless prompts that look harmful: over-refusal'),
  pairs: list('prompts with a safe and a harmful answer: margin and harmful preference'),
  'plain-text': list('texts that have nothing to do with safety: perplexity'),
  judge: list(`who judges the answers, may be repeated: ${JUDGE_CHOICES.join(', ')} (default ngram)`),
  set: list(
    'option of the judge as key=value (`pharmacist methods NAME` lists them), with several judges as judge.key=value; may be repeated',
  ),
  'max-new-tokens': { ...number('longest answer in tokens'), default: 128 },
  limit: number('first so many rows of each file'),
  'batch-size': { ...number('prompts answered side by side'), default: 32 },
  cache: text('folder of answers that other evaluations share (default: the cache folder of your account)'),
  ...otherTemplateOption,
  ...stageOptions,
} as const;

export const evaluateCommand = {
  command: 'evaluate',
  describe: 'Measure a model: harmful score, accuracy, over-refusal, margin, perplexity',
  builder: (yargs: Argv) =>
    yargs
      .usage('Usage: $0 evaluate [--adapter DIR]... --harmful-prompts FILE [--task FILE] [--judge NAME] --out DIR')
      .options(evaluateOptions)
      .epilogue(
        `${examplesText([
          [
            'an aligned and attacked model',
            'pharmacist evaluate --adapter aligned --adapter attacked --harmful-prompts hs.jsonl --task test.jsonl --out scores',
          ],
          [
            'a second judge, no new generation',
            'pharmacist evaluate --adapter aligned --harmful-prompts hs.jsonl --judge refusal-keywords --out second',
          ],
        ])}\n\n${ROWS_TEXT}\nResults: generations.jsonl, scores.json and run.json.`,
      ),
  async handler(values: InferredOptionTypes<typeof evaluateOptions>) {
    checkValues(values, evaluateOptions);
    checkWhole('max-new-tokens', values['max-new-tokens'], 1);
    checkWhole('limit', values.limit, 1);
    checkWhole('batch-size', values['batch-size'], 1);
    const options = {
      ...(await commonOf(values)),
      adapters: (values.adapter ?? []).map(String),
      allowOtherTemplate: values['allow-other-template'] === true,
      harmfulPrompts: namesOfAny(values['harmful-prompts']),
      task: namesOfAny(values.task),
      taskOptions: taskOf(values),
      overRefusalPrompts: namesOfAny(values['overrefusal-prompts']),
      pairs: namesOfAny(values.pairs),
      plainText: namesOfAny(values['plain-text']),
      judges: await judgesOf((values.judge ?? ['ngram']).map(String), await parseSetOptions((values.set ?? []).map(String)), values.plugin),
      maxNewTokens: values['max-new-tokens'],
      limit: values.limit,
      batchSize: values['batch-size'],
      env: process.env,
    };
    const [{ cacheFolder }, { evaluate }, { runStage }, { evaluateSummary }] = await Promise.all([
      import('@pharmacist/core'),
      import('@pharmacist/experiment'),
      import('./run-stage.ts'),
      import('../ui/stage-summary.ts'),
    ]);
    const cacheDir = values.cache ?? cacheFolder('answers');
    const finished = await runStage(values, async (surroundings) => await evaluate({ ...options, cacheDir, ...surroundings }));
    process.stdout.write(values.json === true ? `${JSON.stringify(finished, null, 2)}\n` : evaluateSummary(finished));
  },
};

async function judgesOf(names: readonly string[], set: Readonly<Record<string, unknown>>, plugins: readonly unknown[] | undefined) {
  const judges: { name: string; options: Record<string, unknown> }[] = [];
  for (const name of names) judges.push({ name: await checkName('judge', name, JUDGE_CHOICES, plugins), options: {} });
  for (const [key, value] of Object.entries(set)) {
    const at = key.indexOf('.');
    const judge = at < 0 && judges.length === 1 ? judges[0] : judges.find(({ name }) => name === key.slice(0, Math.max(at, 0)));
    if (judge === undefined) throw new UsageError(`--set ${key} names none of the judges ${names.join(', ')}; write judge.key=value`);
    judge.options[key.slice(at + 1)] = value;
  }
  return judges;
}
