import type { DoctorReport } from '@pharmacist/experiment';
import { byteSize, count, counted } from './format.ts';
import { paint } from './style.ts';
import { formatTable } from './table.ts';

/** What this machine can run, for a person; ends with a line break. @param model as it was named, if one was. */
export function doctorText(report: DoctorReport, model: string | undefined): string {
  const bold = (text: string) => paint('bold', text, process.stdout);
  const { versions, platform, numThreads, totalMemoryBytes, freeMemoryBytes, engines, chosen, estimates } = report;
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
  if (estimates.length === 0) sections.push('What would a run need? `pharmacist doctor --model DIR` says it.');
  else sections.push(`${bold(`Runs with ${model}`)} on the CPU, estimated\n${estimatesText(estimates, totalMemoryBytes)}`);
  if (report.pools.length > 0) sections.push(poolsText(report, bold));
  return `${sections.join('\n\n')}\n`;
}

/** A row a method: what it keeps of a pool beside the model, and how many rows there is room for. */
function poolsText({ pools, totalMemoryBytes }: DoctorReport, bold: (text: string) => string): string {
  const rows = pools.map(({ method, rowBytes, totalBytes, mostRows }) => [
    method,
    `${Math.ceil(rowBytes)}`,
    byteSize(totalBytes),
    totalBytes <= totalMemoryBytes ? 'yes' : `up to ${count(mostRows)} rows`,
  ]);
  const table = formatTable(
    [
      { title: 'method' },
      { title: 'bytes a row', align: 'right' },
      { title: 'of all rows', align: 'right' },
      { title: `within ${byteSize(totalMemoryBytes)}` },
    ],
    rows,
  );
  return `${bold(`A pool of ${count(pools[0]!.numRows)} rows`)} in memory beside the model, estimated; texts and tokens beyond it lie in TMPDIR\n${table}`;
}

/** A column a run, and below them what to do about those that do not fit. */
function estimatesText(estimates: DoctorReport['estimates'], totalMemoryBytes: number): string {
  const row = (what: string, of: (estimate: DoctorReport['estimates'][number]) => string) => [what, ...estimates.map(of)];
  const table = formatTable(
    [{ title: 'what' }, ...estimates.map(({ run }) => ({ title: run, align: 'right' as const }))],
    [
      row('parameters', ({ numParameters }) => count(numParameters)),
      row('largest step', ({ batchSize, maxLength }) => `${counted(batchSize, 'row')} of ${maxLength} tokens`),
      row('work of that step', ({ gflopPerStep }) => `${gflopPerStep.toFixed(1)} GFLOP`),
      row('program', ({ programBytes }) => byteSize(programBytes)),
      row('weights in memory', ({ weightBytes }) => byteSize(weightBytes)),
      row('what is trained', ({ trainedBytes }) => byteSize(trainedBytes)),
      row('compiled program', ({ sessionBytes }) => byteSize(sessionBytes)),
      row('values of the largest step', ({ activationBytes }) => byteSize(activationBytes)),
      row('memory in all', ({ totalBytes }) => byteSize(totalBytes)),
      row('the same with --recompute', ({ recomputedBytes }) => (recomputedBytes === undefined ? '' : byteSize(recomputedBytes))),
    ],
  );
  const verdicts = estimates.map(({ run, totalBytes, advice }) => {
    if (advice !== undefined) return `${run}: does not fit into the ${byteSize(totalMemoryBytes)} of this machine: ${advice}.`;
    const how = totalBytes > totalMemoryBytes ? ' with activations made again, which --recompute auto does' : '';
    return `${run}: fits into the ${byteSize(totalMemoryBytes)} of this machine${how}.`;
  });
  return `${table}\n${verdicts.map((verdict) => `  ${verdict}`).join('\n')}`;
}
