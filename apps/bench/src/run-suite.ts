import { currentLoad, describeMachine, gitCommit, isQuiet } from './machine.ts';
import { type BenchResult, RESULT_FORMAT_VERSION, resultPath, writeResult } from './result.ts';
import type { Suite, SuiteContext } from './suite.ts';
import { formatFigures } from './table.ts';

/** Runs one suite, prints its figures and, unless it is a quick run, writes them with everything needed to judge them. */
export async function runSuite(suite: Suite, context: SuiteContext, resultsDir: string): Promise<BenchResult> {
  const { say } = context;
  const before = currentLoad();
  const machine = describeMachine();
  say(`\n== ${suite.name}: ${suite.summary}`);
  say(
    `${machine.cpuModel}, ${machine.cores} cores, ${Math.round(machine.memoryBytes / 2 ** 30)} GiB, Node ${machine.node}, ${machine.platform}`,
  );
  if (!isQuiet(before)) warnOfLoad('before', before, say);
  const startedAt = new Date().toISOString();
  const { figures, notes, protocol, versions } = await suite.run(context);
  // The suite's own threads, one a core, are part of the load that it leaves behind.
  const after = currentLoad();
  const others = Math.max(0, after - machine.cores);
  const result: BenchResult = {
    formatVersion: RESULT_FORMAT_VERSION,
    suite: suite.name,
    startedAt,
    finishedAt: new Date().toISOString(),
    commit: await gitCommit(import.meta.dirname),
    machine,
    versions: { node: process.versions.node, ...versions },
    load: { before, after, isQuiet: isQuiet(before) && isQuiet(others) },
    protocol: { ...protocol, isQuick: context.quick },
    figures,
    notes,
  };
  say(formatFigures(figures));
  if (!isQuiet(others)) warnOfLoad('after', after, say);
  for (const note of notes) say(`note: ${note}`);
  if (context.quick) return result;
  const path = resultPath(resultsDir, result);
  await writeResult(path, result);
  say(`written: ${path}`);
  return result;
}

function warnOfLoad(when: 'before' | 'after', load: number, say: SuiteContext['say']): void {
  say(
    `!!!! The load of this machine ${when} the suite was ${load.toFixed(2)}: others use it, and these figures are not to be trusted. !!!!`,
  );
}
