import type { RowExplanation, RowFigure, ToldFinding, ToldReason, ToldReasons } from '@pharmacist/experiment';
import { count, counted } from './format.ts';
import { printable } from './printable.ts';
import { formatTable } from './table.ts';

/** Why a row is where it is, for a person. */
export function whySummary(row: RowExplanation): string {
  const { id, rank, numRows, selected, score, scoreAtCut, kind, figures, reasons, nearestKept, duplicates, flags, prompt, response } = row;
  const lines = [
    `Row ${id}: rank ${count(rank)} of ${count(numRows)}, ${selected ? 'kept' : 'not kept'}. Score ${significant(score)}; the last row that is kept has ${significant(scoreAtCut)}.`,
    ...(kind === undefined ? [] : [`Planted kind: ${kind}.`]),
    // The method's reasons say what its figures mean.
    ...(reasons === undefined ? (figures.length === 0 ? [] : [figureTable(figures)]) : reasonLines(reasons, score)),
    nearestKept === null
      ? 'No kept row to compare it with: it has no answer, or there is no other one.'
      : `Nearest kept row: ${nearestKept.id}, similarity ${nearestKept.similarity.toFixed(3)} (1 is the same, 0 is unrelated).`,
    duplicates === null
      ? 'No near-duplicates.'
      : `Near-duplicates: group ${duplicates.group} of ${counted(duplicates.numMembers, 'row')}, this one included.`,
    `Flags: ${flags.length === 0 ? 'none' : flags.join(', ')}.`,
    ...(prompt === undefined ? [] : [`Prompt:   ${oneLine(prompt)}`]),
    ...(response === undefined ? [] : [`Response: ${oneLine(response)}`]),
  ];
  return lines.map(printable).join('\n');
}

function reasonLines({ summary, reasons }: ToldReasons, score: number): string[] {
  return [
    ...(summary === undefined ? [] : [summary]),
    ...reasons.flatMap((reason) => [`  ${headline(reason, score)}`, ...reason.findings.map((finding) => `    ${findingText(finding)}`)]),
  ];
}

function headline({ about, amount, rank, numRanked }: ToldReason, score: number): string {
  const size = Math.abs(amount).toFixed(2);
  const change =
    amount <= 0 && score < 0 ? `takes ${size} of ${(-score).toFixed(2)} from the score` : `adds ${amount.toFixed(2)} to the score`;
  return `${about}: ${change} (by this alone rank ${count(rank)} of ${count(numRanked)})`;
}

function findingText({ text, words, numHidden = 0 }: ToldFinding): string {
  if (words === undefined) return text;
  const shown = words.map((word) => `'${oneLine(word)}'`);
  const hidden =
    numHidden === 0 ? [] : [`${counted(numHidden, 'word')} that ${numHidden === 1 ? 'is' : 'are'} in no trusted answer (--show-text)`];
  const all = [...(shown.length === 0 ? [] : [shown.join(', ')]), ...hidden];
  return `${text}: ${all.join(', and ')}`;
}

function figureTable(figures: readonly RowFigure[]): string {
  const right = 'right' as const;
  return formatTable(
    [{ title: 'figure' }, { title: 'value', align: right }, { title: 'above this share of the pool', align: right }],
    figures.map(({ name, value, percentile }) => [name, significant(value), `${(100 * percentile).toFixed(1)} %`]),
  );
}

function significant(value: number): string {
  return String(Number(value.toPrecision(4)));
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
