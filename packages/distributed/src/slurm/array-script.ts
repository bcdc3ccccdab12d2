import { logFileOf } from '../log-files.ts';
import { shellWord } from '../shell-word.ts';
import type { Task } from '../task.ts';

/** File that says how a task's last attempt ended: `status node restarts seconds logStart`. */
export function statusFileOf(dir: string, id: string): string {
  return `${logFileOf(dir, id).slice(0, -'.log'.length)}.status`;
}

/**
 * The script of an array: each element runs its own task, with its own log, and leaves how it ended in a file, which needs no accounting.
 * An element that Slurm has put back into the queue more often than allowed gives up.
 */
export function arrayScript(tasks: readonly Task[], { cwd, dir, retries }: { cwd: string; dir: string; retries: number }): string {
  const cases = tasks.map(({ id, argv }, i) => {
    const places = `log=${shellWord(logFileOf(dir, id))} status=${shellWord(statusFileOf(dir, id))}`;
    return `${i}) ${places} argv=(${argv.map(shellWord).join(' ')}) ;;`;
  });
  return `#!/bin/bash
case "$SLURM_ARRAY_TASK_ID" in
${cases.join('\n')}
*) exit 64 ;;
esac
mkdir -p "$(dirname "$log")"
start=$(stat -c %s "$log" 2>/dev/null || echo 0)
finish() {
  echo "$1 \${SLURMD_NODENAME:-unknown} \${SLURM_RESTART_COUNT:-0} $SECONDS $start" >"$status.$$" && mv -f "$status.$$" "$status"
  exit "$1"
}
if [ "\${SLURM_RESTART_COUNT:-0}" -gt ${retries} ]; then
  echo "error: its machine was lost ${retries + 1} times" >>"$log"
  finish 75
fi
cd ${shellWord(cwd)} || finish 72
"\${argv[@]}" </dev/null >>"$log" 2>&1
finish $?
`;
}
