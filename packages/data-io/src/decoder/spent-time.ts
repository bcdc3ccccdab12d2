import { readFileSync } from 'node:fs';

/** Of Linux, wherever Node runs on it. */
const TICK_MS = 10;

/**
 * Time that a process has had, in milliseconds: of a processor where the system says it, so that a busy machine makes nothing late; of a clock
 * elsewhere, and for a process that is gone.
 */
export function spentMs(pid: number | undefined): number {
  try {
    // The command's name, in parentheses, may hold spaces; the state is the first field after it, user and system ticks the 12th and 13th.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const ticks = Number(fields[11]) + Number(fields[12]);
    if (Number.isFinite(ticks)) return ticks * TICK_MS;
  } catch {
    // No such system, or no such process.
  }
  return performance.now();
}
