import type { ClusterReport } from '@pharmacist/experiment';
import { counted } from './format.ts';
import { paint } from './style.ts';
import { formatTable } from './table.ts';

/** What the machines of an executor answered, for a person. */
export function clusterText({ executor, folder, nodes, warnings, works }: ClusterReport): string {
  const rows = nodes.map(({ node, cpus, gpus, engine, problems, warnings: own }) => [
    node,
    String(cpus),
    String(gpus),
    engine ?? '',
    problems.length === 0 ? 'works' : 'does not',
    [...problems, ...own].join('; '),
  ]);
  const columns = [
    { title: 'machine' },
    { title: 'cores', align: 'right' as const },
    { title: 'GPUs', align: 'right' as const },
    { title: 'engine' },
    { title: 'here' },
    { title: 'what is to be seen to' },
  ];
  const title = paint('bold', `${executor}, ${counted(nodes.length, 'machine')}`, process.stdout);
  const verdict = works
    ? `Every machine runs this version and shares ${folder}.`
    : nodes.length === 0
      ? 'There is no machine.'
      : 'Steps given to this executor may fail: see to what stands in the table.';
  return `${title}\n${formatTable(columns, rows)}\n${warnings.map((warning) => `  warning: ${warning}\n`).join('')}  ${verdict}\n`;
}
