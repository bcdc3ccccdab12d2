/**
 * Methods that read texts alone on a pool of a million generated rows: dedupe, then dsir on what stays, in a process of its own on one core. What
 * they found is compared with what was planted.
 */
import { InternalError } from '@pharmacist/core';
import { runInChild } from '../child.ts';
import { figure } from '../figure.ts';
import { interleave } from '../harness.ts';
import { tinyModel } from '../rows.ts';
import type { Suite } from '../suite.ts';
import type { TextReport, TextTask } from '../text-selectors-child.ts';

const NUM_ROWS = 1_000_000;
const TARGETS = { seconds: { atMost: 180 }, bytes: { atMost: 1.5e9 } };

export const textSelectors: Suite = {
  name: 'text-selectors',
  summary: 'dedupe and dsir on a million generated rows, time and peak memory',
  async run(context) {
    const rounds = context.rounds ?? 1;
    const numRows = context.quick ? NUM_ROWS / 50 : NUM_ROWS;
    const model = await tinyModel();
    const reports: TextReport[] = [];
    const variant = {
      name: 'both',
      run: async () => {
        const script = new URL('../text-selectors-child.ts', import.meta.url);
        const report = await runInChild<TextReport>(script, { model, numRows } satisfies TextTask);
        checkFindings(report);
        reports.push(report);
        return report.dedupeSeconds + report.dsirSeconds;
      },
    };
    const values = await interleave([variant], { rounds, warmup: 0 });
    const of = (read: (report: TextReport) => number) => reports.map(read);
    return {
      figures: [
        figure('dedupe and dsir', 's', values.get('both')!, TARGETS.seconds),
        figure(
          'dedupe',
          's',
          of(({ dedupeSeconds }) => dedupeSeconds),
        ),
        figure(
          'dsir',
          's',
          of(({ dsirSeconds }) => dsirSeconds),
        ),
        figure(
          'processor time of both',
          's',
          of(({ processorSeconds }) => processorSeconds),
        ),
        figure(
          'peak resident memory, the pool included',
          'bytes',
          of(({ peakRssBytes }) => peakRssBytes),
          TARGETS.bytes,
        ),
        figure(
          'resident memory with the pool alone',
          'bytes',
          of(({ poolRssBytes }) => poolRssBytes),
        ),
        figure(
          'planted near-copies found',
          'share',
          of(({ shareOfCopiesFound }) => shareOfCopiesFound),
        ),
        figure(
          'rows of the target among the first tenth',
          'share',
          of(({ precision }) => precision),
        ),
      ],
      notes: [
        `${numRows} rows of 36 to 84 words by Zipf's law, a tenth like the target, every twentieth a near-copy of the row before it`,
        'dsir in order top-k; drawing Gumbel noise adds one hash a row',
        'one thread; the pool is generated before the clock starts',
      ],
      versions: {},
      protocol: { rounds, warmup: 0, numRows },
    };
  },
};

/** Speed without the result is worth nothing. @throws {InternalError} */
function checkFindings({ shareOfCopiesFound, numWronglyLeftOut, precision }: TextReport): void {
  if (shareOfCopiesFound >= 0.99 && numWronglyLeftOut === 0 && precision >= 0.95) return;
  throw new InternalError(`copies found ${shareOfCopiesFound}, wrongly left out ${numWronglyLeftOut}, precision ${precision}`, {
    where: 'bench/text-selectors',
  });
}
