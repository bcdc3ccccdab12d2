import type { Argv, InferredOptionTypes } from 'yargs';
import {
  DEFAULTS,
  ENGINE_CHOICES,
  FILTER_CHOICES,
  FILTER_DEFAULTS,
  METHOD_CHOICES,
  METHOD_DEFAULTS,
  TEMPLATE_CHOICES,
} from '../choices.ts';
import { modelOf } from './common-values.ts';
import { checkChoice, checkName, checkValues, checkWhole, parseKeep } from './check-values.ts';
import { copyOption } from './copied.ts';
import { executorOf, executorOptions, isElsewhere, LEAVING } from './executor-options.ts';
import { parseFilterOptions } from './filter-options.ts';
import { namesOf, namesOfAny } from './row-names.ts';
import { parseSetOptions } from './set-options.ts';
import { UsageError } from '../usage-error.ts';
import {
  engineOptions,
  examplesText,
  flag,
  list,
  modelOption,
  number,
  outputOptions,
  pluginOption,
  quietOption,
  revisionOption,
  rowOptions,
  ROWS_TEXT,
  sizeOptions,
  takeOverOption,
  TEMPLATE_TEXT,
  text,
} from './shared-options.ts';

export const selectOptions = {
  alignment: { ...list('rows to rank: prompts with safe answers'), demandOption: true },
  harmful: list('harmful prompts with harmful answers: what the subset must not teach'),
  validation: list('trusted rows, harmful prompts with safe answers: what it should teach'),
  model: { ...modelOption.model, default: DEFAULTS.model },
  ...revisionOption,
  method: { ...text(`how to rank: ${METHOD_CHOICES.join(', ')}`), default: DEFAULTS.method },
  set: {
    type: 'array',
    string: true,
    requiresArg: true,
    describe: 'option of the method as key=value; may be repeated',
  },
  filter: list(`leaves rows out before the method, as NAME or NAME:key=value,key=value: ${FILTER_CHOICES.join(', ')}; may be repeated`),
  keep: text(
    `share of the rows that becomes the core subset, ${DEFAULTS.keep} if left out, and all of them with the method full; auto finds it in the scores`,
  ),
  explain: flag(
    'say in ranking.parquet why each row is where it is: loss, nearest kept row, near-duplicates, flags, reasons of the method; a forward pass more; also of a run that has finished',
  ),
  why: list('prints why the row with this id is where it is; implies --explain; may be repeated'),
  'show-text': flag('print the texts of those rows too, and every word that a reason names; they may be harmful'),
  seed: { ...number('whole number that every random draw comes from'), default: DEFAULTS.seed },
  out: { ...text('folder for the results; the same command again continues a stopped run'), demandOption: true },
  ...takeOverOption,
  ...copyOption,
  template: { ...text(TEMPLATE_TEXT), default: DEFAULTS.template },
  ...sizeOptions,
  ...engineOptions,
  ...pluginOption,
  ...rowOptions,
  'skip-invalid': flag('leave invalid rows out and count them, instead of stopping'),
  ...executorOptions,
  ...quietOption,
  ...outputOptions,
} as const;

type SelectArguments = InferredOptionTypes<typeof selectOptions>;

const METHOD_OPTIONS = optionLines(METHOD_DEFAULTS);
const FILTER_OPTIONS = optionLines(FILTER_DEFAULTS);

function optionLines(all: Readonly<Record<string, object>>): string[] {
  return Object.entries(all).flatMap(([name, defaults]) => {
    const pairs = Object.entries(defaults).map(([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
    return pairs.length === 0 ? [] : [`${name}: ${pairs.join(' ')}`];
  });
}

export const selectCommand = {
  command: 'select',
  describe: 'Rank a pool of alignment rows and write its core subset',
  builder: (yargs: Argv) =>
    yargs
      .usage('Usage: $0 select --alignment FILE --harmful FILE [--validation FILE] --out DIR')
      .options(selectOptions)
      .group(['alignment', 'harmful', 'validation', 'map', 'split', 'subset', 'skip-invalid'], 'Rows:')
      .group(['model', 'revision', 'template', 'max-length', 'batch-size', 'engine', 'threads', 'devices'], 'Model:')
      .group(['method', 'plugin', 'set', 'filter', 'keep', 'seed'], 'Selection:')
      .group(['explain', 'why', 'show-text'], 'Explanation:')
      .group(['out', 'take-over', 'copy-to', 'quiet', 'json', 'debug'], 'Output:')
      .epilogue(
        `${examplesText([
          ['the usual call', 'pharmacist select --alignment pool.jsonl --harmful bad.jsonl --validation trusted.jsonl --out run'],
          ['another method', 'pharmacist select --alignment pool.parquet --method perplexity --set order=highest --keep 0.2 --out run'],
          ['near-copies left out', 'pharmacist select --alignment pool.jsonl --harmful bad.jsonl --filter dedupe:threshold=0.7 --out run'],
          ['one row explained', 'pharmacist select --alignment pool.jsonl --harmful bad.jsonl --out run --why row-17'],
          [
            'from a pipe, fields named',
            'cat rows.csv | pharmacist select --alignment - --map prompt=q,response=a --harmful bad.csv --out run',
          ],
        ])}\n\n` +
          `${ROWS_TEXT}\n` +
          'Results: ranking.parquet, core.jsonl (the chosen rows as they were) and run.json.\n\n' +
          `Options of the methods for --set, with their defaults:\n${METHOD_OPTIONS.map((line) => `  ${line}`).join('\n')}\n\n` +
          `Options of the filters, with their defaults:\n${FILTER_OPTIONS.map((line) => `  ${line}`).join('\n')}`,
      ),
  async handler(values: SelectArguments) {
    checkValues(values, selectOptions);
    checkWhole('seed', values.seed, 0);
    checkWhole('max-length', values['max-length'], 2);
    checkWhole('batch-size', values['batch-size'], 1);
    checkWhole('threads', values.threads, 1);
    checkWhole('devices', values.devices, 1);
    if (values['show-text'] === true && values.why === undefined)
      throw new UsageError('--show-text goes with --why ID: it prints the texts of the rows that are explained');
    const options = {
      alignment: namesOf(values.alignment),
      harmful: namesOfAny(values.harmful),
      validation: namesOfAny(values.validation),
      model: await modelOf(values),
      method: await checkName('method', values.method, METHOD_CHOICES, values.plugin),
      methodOptions: await parseSetOptions((values.set ?? []).map(String)),
      filters: await parseFilterOptions((values.filter ?? []).map(String), values.plugin),
      keep: values.keep === undefined ? undefined : parseKeep(values.keep),
      explain: values.explain === true,
      why: (values.why ?? []).map(String),
      showText: values['show-text'] === true,
      seed: values.seed,
      out: values.out,
      takeOver: values['take-over'] === true,
      template: await checkChoice('template', values.template, TEMPLATE_CHOICES),
      maxLength: values['max-length'],
      batchSize: values['batch-size'],
      engine: await checkName('engine', values.engine, ENGINE_CHOICES, values.plugin),
      numThreads: values.threads,
      numDevices: values.devices,
      split: values.split,
      subset: values.subset,
      skipInvalid: values['skip-invalid'] === true,
      map: values.map === undefined ? undefined : (await import('@pharmacist/data-io')).parseFieldMap(values.map),
    };
    const chosen = await executorOf(values);
    const executor = chosen && { ...chosen, program: (await import('../program.ts')).ownProgram() };
    const { runSelection } = await import('./run-selection.ts');
    const { summaryOf } = await import('../ui/select-summary.ts');
    const finished = await runSelection(
      { ...options, executor, env: process.env },
      { ...values, ...(isElsewhere(chosen?.name) && { stopping: LEAVING }) },
    );
    process.stdout.write(values.json === true ? `${JSON.stringify(finished, null, 2)}\n` : summaryOf(finished));
  },
};
