import { BUNDLED_MODELS } from '@pharmacist/bundled';
import { EXECUTORS } from '@pharmacist/distributed';
import { BUILT_IN, CALL_DEFAULTS, SELECT_DEFAULTS } from '@pharmacist/experiment';
import { PROMPT_TEMPLATES } from '@pharmacist/language-model';
import { ENGINE_NAMES } from '@pharmacist/tensor-kernels';

const { selector, filter, defense, judge, task } = BUILT_IN;

/** A part of a README that is written from a registry: it stands between two comments that name it. */
export interface GeneratedTable {
  readonly file: string;
  readonly title: string;
  readonly text: string;
}

/** Every table, with paths from the repository's root. */
export const TABLES: readonly GeneratedTable[] = [
  {
    file: 'packages/selector/README.md',
    title: 'methods',
    text: table(
      ['method', 'ranks by', 'cost'],
      [...selector].map(({ name, summary, passes }) => [name, summary, passes]),
    ),
  },
  {
    file: 'packages/defenses/README.md',
    title: 'defenses',
    text: table(
      ['method', 'what a step does', 'from', 'passes'],
      [...defense].map(({ name, summary, source, passes }) => [name, summary, source, passes]),
    ),
  },
  {
    file: 'packages/metrics/README.md',
    title: 'judges',
    text: table(
      ['judge', 'is', 'from'],
      [...judge].map(({ name, summary, source }) => [name, summary, source]),
    ),
  },
  {
    file: 'packages/metrics/README.md',
    title: 'tasks',
    text: table(
      ['task', 'is', 'variants', 'from'],
      [...task].map(({ name, summary, variants, source }) => [name, summary, variants.join(', '), source]),
    ),
  },
];

/** `apps/cli/src/choices.ts`: what `--help` says of names and defaults without loading what has them. */
export function choicesText(): string {
  const { template, maxLength, batchSize, engine } = SELECT_DEFAULTS;
  const { model, method, keep, seed } = CALL_DEFAULTS;
  const lists = {
    ENGINE_CHOICES: ENGINE_NAMES,
    TEMPLATE_CHOICES: PROMPT_TEMPLATES.names,
    MODEL_CHOICES: BUNDLED_MODELS,
    METHOD_CHOICES: selector.names,
    FILTER_CHOICES: filter.names,
    DEFENSE_CHOICES: defense.names,
    JUDGE_CHOICES: judge.names,
    EXECUTOR_CHOICES: EXECUTORS.names,
    TASK_CHOICES: task.names,
  };
  const defaultsOf = (definitions: Iterable<{ readonly name: string; readonly config: { parse(value: object): unknown } }>) =>
    constant(Object.fromEntries([...definitions].map(({ name, config }) => [name, config.parse({})])));
  return [
    '/**',
    ' * Names and defaults that `--help` shows, written by `pnpm generate` from the registries and schemas of the packages: loading those takes a',
    ' * second and help must not. Do not edit: `pnpm check` compares.',
    ' */',
    '',
    ...Object.entries(lists).map(([name, words]) => `export const ${name} = ${constant([...words])};`),
    '',
    '/** Each method with the defaults of the options that `--set` changes. */',
    `export const METHOD_DEFAULTS = ${defaultsOf(selector)};`,
    '',
    '/** Each filter with the defaults of its options. */',
    `export const FILTER_DEFAULTS = ${defaultsOf(filter)};`,
    '',
    '/** What `--keep`, `--seed`, … are when they are not given. */',
    `export const DEFAULTS = ${constant({ model, method, keep, seed, template, maxLength, batchSize, engine })};`,
    '',
  ].join('\n');
}

function constant(value: unknown): string {
  return `${JSON.stringify(value)} as const`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(([name, ...rest]) => line([`\`${name}\``, ...rest]))].join('\n');
}
