import type { RunStatus, StepStatus, WorkState } from '@pharmacist/experiment';
import { counted, duration } from './format.ts';
import { printable } from './printable.ts';
import { formatTable } from './table.ts';

const WORDS: Readonly<Record<WorkState, string>> = {
  running: 'at work',
  failed: 'failed',
  stopped: 'stopped',
  waiting: 'waiting',
  done: 'done',
};
/** Steps that are listed; more of them are counted. */
const MAX_LISTED = 40;

/** A run's state, and its steps: those at work and those that failed first. */
export function statusText(status: RunStatus, { isAll }: { isAll: boolean }): string {
  const { out, command, state, holder, attempts, seconds, message, steps, phases, nodes } = status;
  const who = holder === undefined ? '' : ` (process ${holder.pid} on ${holder.host} since ${holder.lockedAt})`;
  const tries = attempts > 1 ? `, ${attempts} attempts` : '';
  const head = `\n${out}: ${command}, ${WORDS[state]}${who}, ${duration(seconds)}${tries}\n`;
  const why = message === undefined ? '' : `  ${message}\n`;
  const work = steps.length === 0 ? phasesText(phases) : stepsText(steps, isAll);
  return printable(`${head}${why}${work}${nodesText(nodes)}${adviceFor(status)}`);
}

function adviceFor({ state, holder }: RunStatus): string {
  if (state === 'running' && holder?.isSeen === false) {
    return `\nIt counts as at work: processes of ${holder.host} cannot be seen from here. If that machine or process is gone, the command of the run with --take-over continues it here.\n`;
  }
  if (state === 'stopped') return '\nNobody works on it. The command of the run continues it.\n';
  return state === 'failed' ? '\nThe command of the run continues it, once the cause is seen to.\n' : '';
}

function nodesText(nodes: RunStatus['nodes']): string {
  if (nodes.length === 0) return '';
  const words = nodes.map(({ node, running, done, failed }) => {
    const counts = [running > 0 && `${running} at work`, done > 0 && `${done} done`, failed > 0 && `${failed} failed`];
    return `  ${node}: ${counts.filter((count) => count !== false).join(', ') || 'nothing yet'}\n`;
  });
  return `\n${counted(nodes.length, 'machine')}:\n${words.join('')}`;
}

function phasesText(phases: RunStatus['phases']): string {
  return Object.entries(phases)
    .map(([name, seconds]) => `  ${name}: ${duration(seconds)}\n`)
    .join('');
}

function stepsText(steps: readonly StepStatus[], isAll: boolean): string {
  const states = (Object.keys(WORDS) as WorkState[]).map((state) => ({ state, own: steps.filter((step) => step.state === state) }));
  const counts = states.filter(({ own }) => own.length > 0).map(({ state, own }) => `${own.length} ${WORDS[state]}`);
  const sum = steps.reduce((total, { seconds }) => total + seconds, 0);
  const summary = `${counted(steps.length, 'step')}: ${counts.join(', ')}; ${duration(sum)} of work\n`;
  const shown = states.flatMap(({ state, own }) => (isAll || state !== 'done' ? own : []));
  const listed = isAll ? shown : shown.slice(0, MAX_LISTED);
  if (listed.length === 0) return summary;
  const table = formatTable(
    [
      { title: 'step' },
      { title: '' },
      { title: 'on' },
      { title: 'attempts', align: 'right' },
      { title: 'time', align: 'right' },
      { title: 'log' },
    ],
    listed.map(({ id, state, node, attempts, seconds, log }) => [
      id,
      WORDS[state],
      node ?? '',
      attempts === 0 ? '' : String(attempts),
      seconds === 0 ? '' : duration(seconds),
      log ?? '',
    ]),
  );
  const rest = shown.length > listed.length ? `  and ${shown.length - listed.length} more; --all shows them\n` : '';
  const problems = listed.filter(({ message }) => message !== undefined).map(({ id, message }) => `  ${id}: ${message}\n`);
  return `${summary}\n${table}\n${rest}${problems.length > 0 ? `\n${problems.join('')}` : ''}`;
}
