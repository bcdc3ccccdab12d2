import { hashOfValue, type Reporter, type RunDirectory } from '@pharmacist/core';
import type { Judge, JudgedItem, Verdict } from '@pharmacist/metrics';
import { partOf } from './part-of.ts';
import { oneAfterAnother } from './one-after-another.ts';

export interface JudgingOptions {
  readonly run: Pick<RunDirectory, 'loadState' | 'saveState'>;
  readonly reporter: Reporter;
  readonly signal?: AbortSignal | undefined;
}

/** What is kept of judging: verdicts that stand, items that were asked about in vain, and what it has cost. */
interface Kept {
  readonly fingerprint: string;
  readonly verdicts: Readonly<Record<string, Verdict>>;
  readonly inVain: readonly string[];
  readonly cost: Readonly<Record<string, number>>;
}

/** Answers between two checkpoints of a judge that takes many at once. */
const ITEMS_PER_CHECKPOINT = 64;

/**
 * A verdict for each item. Verdicts are kept in the run's state as they come, of a judge that asks singly before the next request is sent: a
 * kill costs what is in flight. Items that the judge could not be asked about or answered nonsense to are asked about again when the run
 * goes on, behind those that were not asked about yet, so that a row of bad ones never stands in the way; an item that was refused for good
 * stays an error.
 */
export async function judgeAnswers(
  judge: Judge,
  items: readonly JudgedItem[],
  { run, reporter, signal }: JudgingOptions,
): Promise<Verdict[]> {
  const name = `verdicts-${judge.name}`;
  const fingerprint = hashOfValue([judge.fingerprint, items]);
  const kept = keptIn((await run.loadState(name))?.meta, fingerprint);
  const verdicts = new Map<string, Verdict>(Object.entries(kept.verdicts));
  const inVain = new Set(kept.inVain);
  judge.resume?.({ cost: kept.cost, hasAnswered: [...verdicts.values()].some(({ status }) => status === 'judged') });
  const save = oneAfterAnother(async () => {
    const standing = Object.fromEntries([...verdicts].filter(([, verdict]) => stands(verdict)));
    const meta: Kept = { fingerprint, verdicts: standing, inVain: [...inVain], cost: judge.cost?.() ?? {} };
    await run.saveState(name, { meta: { ...meta }, arrays: {} });
  });
  const take = (id: string, verdict: Verdict): void => {
    verdicts.set(id, verdict);
    if (stands(verdict)) inVain.delete(id);
  };

  const missing = items.filter(({ id }) => !verdicts.has(id));
  const ordered = [...missing.filter(({ id }) => !inVain.has(id)), ...missing.filter(({ id }) => inVain.has(id))];
  const numAtOnce = judge.asksSingly === true ? Math.max(1, ordered.length) : ITEMS_PER_CHECKPOINT;
  for (let start = 0; start < ordered.length; start += numAtOnce) {
    const group = ordered.slice(start, start + numAtOnce);
    const given = await judge.judge(group, {
      ...(signal && { signal }),
      reporter: partOf(reporter, { done: start, total: ordered.length, phase: `Judging with ${judge.name}` }),
      onVerdict: async (i, verdict) => {
        const { id } = group[i]!;
        if (!stands(verdict)) inVain.add(id);
        take(id, verdict);
        await save();
      },
    });
    given.forEach((verdict, i) => take(group[i]!.id, verdict));
    await save();
  }
  return items.map(({ id }) => verdicts.get(id)!);
}

function keptIn(meta: Record<string, unknown> | undefined, fingerprint: string): Kept {
  const fresh: Kept = { fingerprint, verdicts: {}, inVain: [], cost: {} };
  return meta?.['fingerprint'] === fingerprint ? { ...fresh, ...meta } : fresh;
}

/** True unless asking again may bring another verdict. */
function stands(verdict: Verdict): boolean {
  return verdict.status === 'judged' || verdict.status === 'empty' || (verdict.status === 'error' && verdict.isFinal === true);
}
