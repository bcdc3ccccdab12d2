import type { MethodEntry, MethodKind, MethodOption } from '../methods.ts';
import { paint } from './style.ts';
import { formatTable } from './table.ts';

/** How each kind is spoken of, and where its options go. */
const WORDS: Readonly<Record<MethodKind, { title: string; one: string; use: (name: string) => string }>> = {
  method: { title: 'Selection methods', one: 'selection method', use: (name) => `select --method ${name} --set KEY=VALUE` },
  filter: { title: 'Filters', one: 'filter', use: (name) => `select --filter ${name}:KEY=VALUE` },
  defense: { title: 'Defenses', one: 'defense', use: (name) => `align --defense ${name} --set KEY=VALUE` },
  judge: { title: 'Judges', one: 'judge', use: (name) => `evaluate --judge ${name} --set KEY=VALUE` },
  task: { title: 'Tasks', one: 'task', use: (name) => `attack --task-form ${name} --task-KEY VALUE` },
};

const NEEDS: Readonly<Record<MethodEntry['needs'][number], string>> = {
  harmful: 'harmful rows (--harmful)',
  trusted: 'trusted rows (--validation)',
  kinds: 'a field "kind" in every row (planted pools)',
};

/** Names and summaries, kind by kind; ends with a line break. */
export function methodList(methods: readonly MethodEntry[]): string {
  const kinds = [...new Set(methods.map(({ kind }) => kind))];
  const sections = kinds.map((kind) => {
    const rows = methods.filter((method) => method.kind === kind).map(({ name, summary }) => [name, summary]);
    return `${bold(WORDS[kind].title)}\n${formatTable([{ title: 'name' }, { title: 'summary' }], rows)}`;
  });
  return `${sections.join('\n\n')}\n\n\`pharmacist methods NAME\` shows the options of one.\n`;
}

/** All that is known of one; ends with a line break. */
export function methodText({ kind, name, summary, source, needs, options }: MethodEntry): string {
  const { one, use } = WORDS[kind];
  const lines = [
    `${bold(name)} (${one}): ${summary}`,
    `  source: ${source}`,
    ...(needs.length === 0 ? [] : [`  needs:  ${needs.map((needed) => NEEDS[needed]).join(', ')}`]),
    ...(options.length === 0 ? ['  It has no options.'] : [`  set by: pharmacist ${use(name)}`, '', optionTable(options)]),
  ];
  return `${lines.join('\n')}\n`;
}

function optionTable(options: readonly MethodOption[]): string {
  return formatTable(
    [{ title: 'option' }, { title: 'default' }, { title: 'takes' }],
    options.map((option) => [option.name, defaultText(option), option.takes]),
  );
}

/** In parentheses where it is no value: `(required)`, `(none)`. */
function defaultText({ isRequired, default: value }: MethodOption): string {
  if (isRequired) return '(required)';
  if (value === undefined) return '(none)';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function bold(text: string): string {
  return paint('bold', text, process.stdout);
}
