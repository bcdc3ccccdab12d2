import type { DoctorReport } from '@pharmacist/experiment';
import { byteSize, count } from './format.ts';
import { paint } from './style.ts';
import { formatTable } from './table.ts';

/** What this machine can run, for a person; ends with a line break. @param model as it was named, if one was. */
export function doctorText(report: DoctorReport, model: string | undefined): string {
  const bold = (text: string) => paint('bold', text, process.stdout);
  const { versions, platform, numThreads, totalMemoryBytes, freeMemoryBytes, engines, chosen, estimate } = report;
  const engineRows = engines.map(({ name, works, detail }) => [name, works ? 'works' : 'does not', detail]);
  const sections = [
    `${bold('Machine')}\n` +
      formatTable(
        [{ title: 'what' }, { title: 'found' }],
        [
          ['system', platform],
          ...Object.entries(versions).map(([name, version]) => [name, version]),
          ['threads', count(numThreads)],
          ['memory', `${byteSize(totalMemoryBytes)}, of which ${byteSize(freeMemoryBytes)} free`],
        ],
      ),
    `${bold('Engines')}\n${formatTable([{ title: 'engine' }, { title: 'here' }, { title: 'what runs, or what is missing' }], engineRows)}\n` +
      `  --engine auto takes ${chosen.description}: ${chosen.reason}`,
  ];
  if (estimate === undefined) sections.push('What would a run need? `pharmacist doctor --model DIR` says it.');
  else sections.push(`${bold(`A selection with ${model}`)}, estimated\n${estimateText(estimate, totalMemoryBytes)}`);
  return `${sections.join('\n\n')}\n`;
}

function estimateText(estimate: NonNullable<DoctorReport['estimate']>, totalMemoryBytes: number): string {
  const { numParameters, weightBytes, activationBytes, totalBytes, gflopPerStep, batchSize, maxLength, fits } = estimate;
  const table = formatTable(
    [{ title: 'what' }, { title: 'amount', align: 'right' }],
    [
      ['parameters', count(numParameters)],
      ['weights in memory', byteSize(weightBytes)],
      [`largest step, ${batchSize} rows of ${maxLength} tokens`, byteSize(activationBytes)],
      ['work of that step', `${gflopPerStep.toFixed(1)} GFLOP`],
      ['memory in all', byteSize(totalBytes)],
    ],
  );
  const verdict = fits
    ? `It fits into the ${byteSize(totalMemoryBytes)} of this machine.`
    : `It does not fit into the ${byteSize(totalMemoryBytes)} of this machine: lower --batch-size or --max-length.`;
  return `${table}\n  ${verdict}`;
}
