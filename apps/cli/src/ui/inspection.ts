import type { FieldSummary, LengthSummary, Repetition, RowInspection } from '@pharmacist/data-io';
import { byteSize, count, counted, percent } from './format.ts';
import { printable } from './printable.ts';
import { paint } from './style.ts';
import { formatTable } from './table.ts';

const NUM_SHOWN = 10;

/** What a file of rows holds, for a person; ends with a line break. */
export function inspectionOf(inspection: RowInspection): string {
  const sections = [headOf(inspection), section('Fields', fieldsTable(inspection.fields))];
  const lengths = lengthsTable(inspection);
  if (lengths !== undefined) sections.push(section('Lengths', lengths));
  sections.push(section('Duplicates', duplicatesOf(inspection)), section('Problems', problemsOf(inspection)));
  return `${sections.join('\n\n')}\n`;
}

function section(title: string, body: string): string {
  return `${paint('bold', title, process.stdout)}\n${body}`;
}

const PROMPTS_NOTE =
  'prompts without answers, as evaluate takes them: --harmful-prompts, --overrefusal-prompts\n' +
  '(if another field holds the answers, name it: --map response=FIELD)';

function headOf({ source, format, bytes, files, sha256, kind, numRecords, numRows, numInvalid }: RowInspection): string {
  const invalid = numRecords === 0 ? 'no rows' : numInvalid === 0 ? 'all valid' : `${count(numRows)} valid, ${count(numInvalid)} not`;
  return (
    `${paint('bold', printable(source), process.stdout)}: ${counted(numRecords, 'record')}, ${invalid}\n` +
    `${format}, ${files.length === 1 ? '' : `${count(files.length)} files, `}${byteSize(bytes)}, SHA-256 ${sha256}${kind === 'prompts' ? `\n${PROMPTS_NOTE}` : ''}`
  );
}

function fieldsTable(fields: readonly FieldSummary[]): string {
  if (fields.length === 0) return '  none';
  const rows = fields.map(({ name, types, numNull, numMissing }) => {
    const kinds = Object.entries(types);
    const numPresent = kinds.reduce((sum, [, times]) => sum + times, numNull);
    const type = kinds.length === 1 ? kinds[0]![0] : kinds.map(([kind, times]) => `${kind} (${count(times)})`).join(', ');
    return [name, type === '' ? (numNull === 0 ? 'none' : 'null') : type, count(numPresent), count(numMissing), count(numNull)];
  });
  const columns = [
    { title: 'name' },
    { title: 'type' },
    { title: 'present', align: 'right' as const },
    { title: 'missing', align: 'right' as const },
    { title: 'null', align: 'right' as const },
  ];
  return formatTable(columns, rows);
}

function lengthsTable({ prompt, response }: RowInspection): string | undefined {
  const texts = [['prompt', prompt] as const, ['response', response] as const];
  const cells = ({ min, median, p90, max }: LengthSummary) => [min, median, p90, max].map(count);
  const rows = texts.flatMap(([name, text]) =>
    text === undefined
      ? []
      : [
          [name, 'characters', ...cells(text.characters)],
          [name, 'words', ...cells(text.words)],
        ],
  );
  if (rows.length === 0) return undefined;
  const numbers = ['shortest', 'median', '90 %', 'longest'].map((title) => ({ title, align: 'right' as const }));
  return formatTable([{ title: 'text' }, { title: 'in' }, ...numbers], rows);
}

function duplicatesOf({ duplicateRows, duplicatePrompts, numRows }: RowInspection): string {
  const line = (what: string, { count: times, first }: { count: number; first: Repetition[] }) => {
    if (times === 0) return `  ${what}: none`;
    const places = first
      .slice(0, NUM_SHOWN)
      .map(({ line: at, firstLine, source, firstSource }) => `${placed(source, at)} (of ${placed(firstSource, firstLine)})`);
    const more = times > places.length ? `, … and ${count(times - places.length)} more` : '';
    return `  ${what}: ${count(times)} (${percent(times / numRows)}), at lines ${places.join(', ')}${more}`;
  };
  return [line('rows that repeat an earlier row', duplicateRows), line('prompts that repeat an earlier prompt', duplicatePrompts)].join(
    '\n',
  );
}

/** A line, with its file where there are several. */
function placed(source: string | undefined, line: number): string {
  return source === undefined ? String(line) : `${printable(source)}:${line}`;
}

function problemsOf({ numRecords, problems: { count: times, first, hint }, leftOut }: RowInspection): string {
  if (numRecords === 0) return '  holds no rows: nothing can be selected from it';
  const leftOutLines = leftOutOf(leftOut);
  if (times === 0) return leftOutLines.length === 0 ? '  none' : leftOutLines.join('\n');
  const lines = first
    .slice(0, NUM_SHOWN)
    .map(
      ({ source, line, field, what }) =>
        `  ${source === undefined ? `line ${line}` : placed(source, line)}${field === undefined ? '' : ` field "${printable(field)}"`} ${printable(what)}`,
    );
  if (times > lines.length) lines.push(`  … and ${count(times - lines.length)} more`);
  if (hint !== undefined) lines.push(`  Fix: ${hint}`);
  return [...lines, ...leftOutLines].join('\n');
}

function leftOutOf({ fields, hint }: RowInspection['leftOut']): string[] {
  const lines = fields.map(
    ({ field, numRows }) =>
      `  field "${printable(field)}" looks like part of the prompt and is left out of it (${counted(numRows, 'row')})`,
  );
  return hint === undefined ? lines : [...lines, `  Fix: ${printable(hint)}`];
}
