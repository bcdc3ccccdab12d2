import { stderr } from 'node:process';
import type { ClosableReporter } from './closable-reporter.ts';

/** Progress and messages on standard error: a bar on a terminal, lines elsewhere; with `quiet` only warnings. */
export async function createReporter({ quiet }: { quiet: boolean }): Promise<ClosableReporter> {
  const { PlainReporter } = await import('./plain-reporter.ts');
  const write = (line: string) => void stderr.write(`${line}\n`);
  const plain = new PlainReporter(write);
  if (quiet) return { progress() {}, info() {}, warn: (message) => plain.warn(message), close() {} };
  if (!stderr.isTTY || process.env['TERM'] === 'dumb') return plain;
  // log-update redraws a line whatever the terminal's width and resizing; 7 is the last major that runs on Node 20. cli-progress, the usual
  // choice for bars, has had no release since 2023, and its bars know one rate for the whole run, not one a phase.
  const [{ createLogUpdate }, { TerminalReporter }] = await Promise.all([import('log-update'), import('./terminal-reporter.ts')]);
  return new TerminalReporter(stderr, createLogUpdate(stderr, { showCursor: true }));
}
