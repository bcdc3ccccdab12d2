import type { Options } from 'yargs';
import { DEFAULTS, ENGINE_CHOICES, MODEL_CHOICES, TEMPLATE_CHOICES } from '../choices.ts';

/** Options that several commands share, so that every `--help` says the same of them. */

export type OptionSet = Readonly<Record<string, Options>>;

export const text = (describe: string) => ({ type: 'string', requiresArg: true, describe }) as const;
export const number = (describe: string) => ({ type: 'number', requiresArg: true, describe }) as const;
export const flag = (describe: string) => ({ type: 'boolean', describe }) as const;

export const outputOptions = {
  json: flag('print one JSON document on standard output, and nothing else there'),
  debug: flag('print stack traces of errors'),
} satisfies OptionSet;

export const quietOption = { quiet: flag('no progress; only warnings and the result') } satisfies OptionSet;

export const takeOverOption = {
  'take-over': flag('continue a run that a machine which is gone had at work; what that one may still write is refused'),
} satisfies OptionSet;

export const modelOption = {
  model: text(`Hugging Face model directory, a model on the Hub (owner/name), or a bundled model: ${MODEL_CHOICES.join(', ')}`),
} satisfies OptionSet;

export const engineOptions = {
  engine: { ...text(`what computes: ${ENGINE_CHOICES.join(', ')}`), default: DEFAULTS.engine },
  threads: number('threads of the engine; as many as it finds good if left out'),
  devices: number('devices of this machine that share each batch, with pjrt; 1 if left out'),
} satisfies OptionSet;

export const sizeOptions = {
  'max-length': { ...number('longest row in tokens; longer rows are cut'), default: DEFAULTS.maxLength },
  'batch-size': { ...number('rows of one batch'), default: DEFAULTS.batchSize },
} satisfies OptionSet;

/** May be given several times. */
export const list = (describe: string) => ({ type: 'array', string: true, requiresArg: true, describe }) as const;

/** How the rows of all files are found and named. */
export const rowOptions = {
  map: text('which field plays which role, for instance prompt=question,response=answer'),
  split: text('split of data sets that have several, for instance train'),
  subset: text('subset ("config") of data sets that have several'),
} satisfies OptionSet;

/** Definitions of one's own. */
export const pluginOption = {
  plugin: list(
    'module with methods, filters, defenses, judges, tasks, row formats, engines or executors of your own, a path or a package; may be repeated',
  ),
} satisfies OptionSet;

/** What names rows, for a command's `--help`. */
export const ROWS_TEXT =
  'Rows are JSONL, JSON, CSV, Parquet or Arrow, plain, .gz or .zst: a file, several (the option again), a folder, a pattern\n' +
  '("data/*.parquet"), an https:// address, objects of a store (s3://bucket/key), a data set on the Hub\n' +
  '(owner/name, or hf://datasets/owner/name/FILE), or `-`, standard input.';

export const TEMPLATE_TEXT = `how prompts are put to the model: ${TEMPLATE_CHOICES.join(', ')}; auto is chat for a model with a chat template, else alpaca`;

export const recomputeOption = {
  recompute: {
    ...text(
      'whether backward passes make the values inside of a block again instead of keeping them: on, off, or auto, where there is no room for them; a quarter to a third more work, a tenth of their memory',
    ),
    default: 'auto',
  },
} satisfies OptionSet;

/** Of commands that take adapters. */
export const otherTemplateOption = {
  'allow-other-template': flag('take adapters although they were trained with another template'),
} satisfies OptionSet;

export const littleMemoryOption = {
  'allow-little-memory': flag('begin although the model, or a step with it, will not fit into the memory of this machine'),
} satisfies OptionSet;

export const revisionOption = {
  revision: text('branch, tag or commit of a model on the Hub (default main)'),
} satisfies OptionSet;

/** Options of every stage that works with a model. */
export const stageOptions = {
  model: { ...modelOption.model, default: DEFAULTS.model },
  ...revisionOption,
  template: { ...text(TEMPLATE_TEXT), default: DEFAULTS.template },
  'max-length': { ...number('longest row in tokens; longer rows are cut'), default: DEFAULTS.maxLength },
  seed: { ...number('whole number that every random draw comes from'), default: DEFAULTS.seed },
  out: { ...text('folder for the results; the same command again continues a stopped run'), demandOption: true },
  ...takeOverOption,
  ...engineOptions,
  ...littleMemoryOption,
  ...recomputeOption,
  ...pluginOption,
  ...rowOptions,
  'skip-invalid': flag('leave invalid rows out and count them, instead of stopping'),
  ...quietOption,
  ...outputOptions,
} as const;

/** The examples of a command's `--help`: what for, and below it the command as it would be typed. */
export function examplesText(examples: readonly (readonly [purpose: string, command: string])[]): string {
  return `Examples:\n${examples.map(([purpose, command]) => `  # ${purpose}\n  ${command}`).join('\n')}`;
}
