import { IncompleteError, InterruptedError, PharmacistError, SupersededError } from '@pharmacist/core';
import { INTERRUPTED_STATUS } from './interrupted-status.ts';
import { printable } from './ui/printable.ts';
import { paint } from './ui/style.ts';
import { describeUsage, type KnownWords, UsageError } from './usage-error.ts';

/** The outcome of a command as a process reports it. */
export interface Exit {
  status: number;
  /** For standard error. */
  message: string;
}

/** What a person is told about an error, and the exit status: 2 for their mistake, 1 for ours and for work that is incomplete, 130 for an interrupt. */
export async function exitOf(error: unknown, { isDebug, ...words }: KnownWords & { isDebug: boolean }): Promise<Exit> {
  const stack = isDebug && error instanceof Error ? `\n${stackOf(error)}` : '';
  const mistake = paint('red', 'error', process.stderr);
  if (error instanceof UsageError)
    return { status: 2, message: `${mistake} ${printable(await describeUsage(error.message, words))}${stack}` };
  if (error instanceof InterruptedError) {
    return { status: INTERRUPTED_STATUS, message: `Stopped. The same command continues where it was.${stack}` };
  }
  if (error instanceof PharmacistError && error.isUserError) {
    return { status: 2, message: `${mistake} ${printable(error.describe())}${stack}` };
  }
  if (error instanceof IncompleteError || error instanceof SupersededError)
    return { status: 1, message: `${mistake} ${printable(error.describe())}${stack}` };
  const what = error instanceof PharmacistError ? error.describe() : String(error);
  const advice = isDebug
    ? ''
    : '\nThis is a fault of the program, not of your input: run it again with --debug and report what that prints.';
  return { status: 1, message: `${paint('red', 'internal error', process.stderr)} ${printable(what)}${advice}${stack}` };
}

function stackOf(error: Error): string {
  const cause = error.cause instanceof Error ? `\ncaused by ${stackOf(error.cause)}` : '';
  return `${error.stack}${cause}`;
}
