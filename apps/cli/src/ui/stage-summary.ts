import type { AlignResult, AttackResult, EvaluateResult } from '@pharmacist/experiment';
import { byteSize, count, counted, duration } from './format.ts';
import { printable } from './printable.ts';
import { formatTable } from './table.ts';

export function alignSummary({ defense, numRows, numSteps, lastLoss, out, record, wasComplete }: AlignResult): string {
  const title = `Aligned on ${counted(numRows, 'row')} with ${defense}: ${counted(numSteps, 'step')}${lossOf(lastLoss)}.`;
  return section(title, wasComplete, [['Adapter', out], ...costOf(record)]);
}

export function attackSummary({ numRows, numHarmful, numSteps, lastLoss, out, record, wasComplete }: AttackResult): string {
  const title = `Fine-tuned on ${counted(numRows, 'row')}, ${count(numHarmful)} of them harmful: ${counted(numSteps, 'step')}${lossOf(lastLoss)}.`;
  return section(title, wasComplete, [['Adapter', out], ...costOf(record)]);
}

export function evaluateSummary({ scores, files, record, wasComplete }: EvaluateResult): string {
  const { judges, notRefused, task, overRefusal, margin, perplexity } = scores;
  const rows: string[][] = [
    ...judges.flatMap(({ name, isProxy, harmfulScore, harmfulScorePlus }) => {
      const by = `${name}${isProxy ? ', a proxy' : ''}`;
      return [line(`harmful score by ${by}, %`, harmfulScore), line(`HS+ by ${by}, %`, harmfulScorePlus)];
    }),
    ...(notRefused === undefined ? [] : [line('not refused (keywords), %', notRefused)]),
    ...(task === undefined ? [] : [line(`accuracy on ${task.name}, task variant ${task.variant}, %`, task)]),
    ...(overRefusal === undefined ? [] : [line('over-refusal, %', overRefusal)]),
    ...(margin === undefined
      ? []
      : [line('margin safe over harmful, nats a token', margin.margin), line('harmful preference, %', margin.harmfulPreference)]),
    ...(perplexity === undefined ? [] : [line('perplexity of plain text', perplexity)]),
  ];
  const table = formatTable([{ title: 'measure' }, { title: 'value', align: 'right' }, { title: '95 % interval' }], rows);
  const left = judges.map(
    ({ name, description, cost, harmfulScore: { numItems, numEmpty, numUnparsable, numErrored } }): [string, string] => [
      'Judge',
      `${name}: ${description}; ${count(numItems)} answers, ${count(numEmpty)} empty, ${count(numUnparsable)} unparsable, ${count(numErrored)} errored${costText(cost)}`,
    ],
  );
  return section(`Measured.\n\n${table}`, wasComplete, [
    ...left,
    ['Answers', files.generations],
    ['Scores', files.scores],
    ...costOf(record),
  ]);
}

interface Figure {
  readonly value: number | null;
  readonly interval: { readonly low: number; readonly high: number } | null;
}

function line(name: string, { value, interval }: Figure): string[] {
  const digits = (number: number) => (Math.abs(number) < 10 ? number.toFixed(2) : number.toFixed(1));
  return [name, value === null ? 'none' : digits(value), interval === null ? '' : `${digits(interval.low)} to ${digits(interval.high)}`];
}

function lossOf(loss: number | undefined): string {
  return loss === undefined ? '' : `, last loss ${loss.toFixed(3)}`;
}

/** What judging took, where the judge says it: `; 60 requests, 0.012 money`. */
function costText(cost: Readonly<Record<string, number>> | null): string {
  return cost === null
    ? ''
    : `; ${Object.entries(cost)
        .map(([unit, amount]) => `${Number(amount.toPrecision(3))} ${unit}`)
        .join(', ')}`;
}

/** How prompts were put to the model, and what the run took. */
function costOf({ config, timing }: AlignResult['record']): [string, string][] {
  return [
    ['Template', String(config['template'])],
    ['Time', `${duration(timing.wallSeconds)}, peak memory ${byteSize(timing.peakRssBytes)}`],
  ];
}

function section(title: string, wasComplete: boolean, facts: readonly (readonly [string, string])[]): string {
  const known = wasComplete ? '\n\nThis run was finished before; nothing was computed again.' : '';
  return `\n${title}${known}\n\n${facts.map(([name, value]) => `${`${name}:`.padEnd(10)}${printable(value)}`).join('\n')}\n`;
}
