import { silentReporter, type State } from '@pharmacist/core';
import type { Judge, JudgedItem, Verdict } from '@pharmacist/metrics';
import { describe, expect, it } from 'vitest';
import { judgeAnswers } from './judge-answers.ts';

const JUDGED: Verdict = { status: 'judged', isHarmful: false, score: 0 };
const judged: (item: JudgedItem) => Verdict = () => JUDGED;
const items: JudgedItem[] = Array.from({ length: 200 }, (_, i) => ({ id: `row-${i}`, prompt: 'How?', answer: `${i}` }));

/** Checkpoints in memory, as a kill leaves them: those whose writing had ended. */
function newRun() {
  const states = new Map<string, string>();
  return {
    numSaved: 0,
    async loadState(name: string) {
      const text = states.get(name);
      return await Promise.resolve(text === undefined ? undefined : (JSON.parse(text) as State));
    },
    async saveState(name: string, state: State) {
      const text = JSON.stringify(state);
      await new Promise((resolve) => setTimeout(resolve, 1));
      states.set(name, text);
      this.numSaved++;
    },
  };
}

/** Asks with `concurrency` requests at a time until it is killed with them in flight, and counts what was paid. */
function payingJudge({ killedAfter = Infinity, verdictOn = judged, concurrency = 4 } = {}) {
  const asked: string[] = [];
  let earlierRequests = 0;
  const judge: Judge = {
    name: 'paid',
    isProxy: false,
    description: 'test',
    fingerprint: 'same',
    asksSingly: true,
    cost: () => ({ requests: earlierRequests + asked.length }),
    resume: ({ cost }) => (earlierRequests += cost['requests'] ?? 0),
    async judge(group, { onVerdict } = {}) {
      const verdicts: Verdict[] = [];
      let next = 0;
      const worker = async (): Promise<void> => {
        while (next < group.length) {
          const index = next++;
          if (asked.length >= killedAfter) return await Promise.reject(new Error('killed'));
          asked.push(group[index]!.id);
          await new Promise((resolve) => setTimeout(resolve, 0));
          verdicts[index] = verdictOn(group[index]!);
          await onVerdict!(index, verdicts[index]);
        }
      };
      await Promise.all(Array.from({ length: concurrency }, worker));
      return verdicts;
    },
  };
  return { judge, asked };
}

describe('judgeAnswers', () => {
  it.each([1, 7, 64, 130])('pays at most the requests in flight twice if it is killed after %s', async (killedAfter) => {
    const run = newRun();
    const killed = payingJudge({ killedAfter });
    await expect(judgeAnswers(killed.judge, items, { run, reporter: silentReporter })).rejects.toThrow('killed');
    const continued = payingJudge();
    const verdicts = await judgeAnswers(continued.judge, items, { run, reporter: silentReporter });
    expect(verdicts).toEqual(items.map(() => JUDGED));
    const numPaid = killed.asked.length + continued.asked.length;
    expect(numPaid).toBeGreaterThanOrEqual(200);
    expect(numPaid).toBeLessThanOrEqual(200 + 4);
    expect(continued.judge.cost!()['requests']).toBeGreaterThanOrEqual(200);
  });

  it('shares one checkpoint among verdicts that come together', async () => {
    const run = newRun();
    await judgeAnswers(payingJudge({ concurrency: 50 }).judge, items, { run, reporter: silentReporter });
    expect(run.numSaved).toBeLessThan(50);
  });

  it('does not ask again about what was refused for good, and asks about what failed behind what was not asked about', async () => {
    const run = newRun();
    const verdictOn = ({ id }: JudgedItem): Verdict => {
      if (id === 'row-0') return { status: 'error', message: 'refused', isFinal: true };
      if (id === 'row-1') return { status: 'error', message: 'no answer' };
      return id === 'row-2' ? { status: 'unparsable', reply: '?' } : JUDGED;
    };
    const killed = payingJudge({ killedAfter: 6, verdictOn, concurrency: 1 });
    await expect(judgeAnswers(killed.judge, items, { run, reporter: silentReporter })).rejects.toThrow('killed');
    const second = payingJudge({ verdictOn });
    const verdicts = await judgeAnswers(second.judge, items, { run, reporter: silentReporter });
    expect(verdicts.slice(0, 4).map(({ status }) => status)).toEqual(['error', 'error', 'unparsable', 'judged']);
    expect(second.asked).toHaveLength(200 - 4);
    expect(second.asked.slice(-2)).toEqual(['row-1', 'row-2']);
    const third = payingJudge();
    await judgeAnswers(third.judge, items, { run, reporter: silentReporter });
    expect(third.asked).toEqual(['row-1', 'row-2']);
  });
});
