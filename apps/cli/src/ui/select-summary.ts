import type { PlantedReport } from '@pharmacist/planted';
import type { ProbabilityReport } from '@pharmacist/results';
import type { FinishedSelection } from '../commands/run-selection.ts';
import { byteSize, count, counted, duration, percent } from './format.ts';
import { printable } from './printable.ts';
import { paint } from './style.ts';
import { formatTable } from './table.ts';
import { whySummary } from './why-summary.ts';

/** What a selection came to, for a person; ends with a line break. */
export function summaryOf(finished: FinishedSelection): string {
  const { numRows, numKept, method, planted, probabilities, wasComplete } = finished;
  const bold = (text: string) => paint('bold', text, process.stdout);
  const found = finished.record.config['keep'] === 'auto' ? `, keep auto: ${percent(finished.keep)}` : '';
  const title = bold(`Kept ${count(numKept)} of ${counted(numRows, 'row')} (method ${method}${found}).`);
  const sections = [wasComplete ? `${title} This run was finished before; nothing was ranked again.` : title];
  if (planted !== undefined) sections.push(plantedSection(planted));
  if (probabilities !== undefined) sections.push(probabilitiesLine(probabilities));
  sections.push(...finished.why.map(whySummary), factsOf(finished));
  return `\n${sections.join('\n\n')}\n`;
}

function plantedSection({ kinds, count: numRows, precisionKept, shareGood }: PlantedReport): string {
  const right = 'right' as const;
  const columns = [
    { title: 'planted kind' },
    { title: 'rows', align: right },
    { title: 'mean rank', align: right },
    { title: 'kept', align: right },
    { title: 'share kept', align: right },
    { title: 'AUROC of good against it', align: right },
  ];
  const rows = kinds.map(({ kind, count: members, meanRank, numKept, shareKept, auroc }) => [
    kind,
    count(members),
    meanRank.toFixed(1),
    count(numKept),
    percent(shareKept),
    auroc === null ? '' : auroc.toFixed(3),
  ]);
  const precision =
    precisionKept === null ? '' : ` ${percent(precisionKept)} of the kept rows are good; drawn at random, ${percent(shareGood)} would be.`;
  return (
    `${formatTable(columns, rows)}\n\n` +
    `How to read it: rank 1 is the best of ${count(numRows)}. AUROC is the chance that a good row ranks above one of that kind:\n` +
    `1 is perfect, 0.5 is what chance gives.${precision}`
  );
}

/** How a method's probabilities fit the kinds. */
export function probabilitiesLine({ mean, atLeast, numSure, numSureGood }: ProbabilityReport): string {
  const text = `Probabilities of being good: mean ${mean.toFixed(2)}`;
  if (numSure === 0) return `${text}; no row has ${atLeast} or more.`;
  return `${text}; good of those with ${atLeast} or more: ${count(numSureGood)} of ${count(numSure)} (${percent(numSureGood / numSure)}).`;
}

function factsOf({ files, engine, record, warnings }: FinishedSelection): string {
  const { wallSeconds, peakRssBytes, attempts } = record.timing;
  const tries = attempts > 1 ? ` over ${attempts} attempts` : '';
  const facts = [
    ['Core subset', files.core],
    ['Ranking', files.ranking],
    ...(files.explanation === undefined ? [] : [['Explanation', files.explanation]]),
    ['Record', files.record],
    ['Time', `${duration(wallSeconds)}${tries}, peak memory ${byteSize(peakRssBytes)}`],
    ['Template', String(record.config['template'])],
    ['Engine', `${engine.description}; ${engine.reason}`],
    // On a terminal they were printed above, in their place.
    ...(process.stdout.isTTY && process.stderr.isTTY ? [] : warnings.map((warning) => ['Warning', warning])),
  ];
  return facts.map(([name, value]) => `${`${name}:`.padEnd(13)}${printable(value!)}`).join('\n');
}
