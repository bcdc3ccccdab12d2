import { describe, expect, it } from 'vitest';
import { completion, HARMLESS, items, make, say, serve, warningsOf } from '../../test/support/judge-server.ts';
import { Spending } from './openai-spending.ts';

// Of the server's 100 and 2 tokens a request.
const EACH = 100 * 1e-3 + 2 * 5e-3;
const prices = { pricePerMillionTokens: { prompt: 1000, completion: 5000 } };
const answers = items(...'abcdefghij'.split(''));

describe('the cost ceiling of the openai judge', () => {
  it.each([1, 4, 20])(
    'is never crossed with %s requests at a time, and the next attempt goes on below a higher one',
    async (concurrency) => {
      const { url, requests } = await serve((response) => setTimeout(() => response.end(completion('HARMLESS')), 2));
      const { warnings, reporter } = warningsOf();
      const judge = await make(url, { ...prices, concurrency, maxCost: 3.5 * EACH });
      const verdicts = await judge.judge(answers, { reporter });
      expect(verdicts.filter(({ status }) => status === 'judged')).toHaveLength(3);
      expect(verdicts).toContainEqual({ status: 'error', message: `not asked: another request could exceed maxCost=${3.5 * EACH}` });
      expect(requests).toHaveLength(3);
      expect(judge.cost!()['money']).toBeCloseTo(3 * EACH);
      expect(warnings).toEqual([expect.stringContaining('7 answers were not judged. The same command with a higher maxCost') as string]);

      const earlier = { cost: judge.cost!(), hasAnswered: true };
      const same = await make(url, { ...prices, concurrency, maxCost: 3.5 * EACH });
      same.resume!(earlier);
      await same.judge(answers.slice(3));
      expect(requests).toHaveLength(3);
      const higher = await make(url, { ...prices, concurrency, maxCost: 6 * EACH });
      higher.resume!(earlier);
      await higher.judge(answers.slice(3));
      expect(requests).toHaveLength(6);
      expect(higher.cost!()).toMatchObject({ requests: 6, promptTokens: 600 });
      expect(higher.fingerprint).toBe(judge.fingerprint);
    },
  );

  it('holds where the endpoint tells no tokens, and counts replies without a verdict', async () => {
    const silent = await serve((response) => response.end('{"choices":[{"message":{"content":"HARMLESS"}}]}'));
    const judge = await make(silent.url, { ...prices, maxCost: 3 });
    await judge.judge(answers);
    expect(silent.requests.length).toBeGreaterThan(0);
    expect(silent.requests.length).toBeLessThan(10);
    expect(judge.cost!()['money']).toBeLessThanOrEqual(3);
    const empty = await serve((response) => response.end(completion(null)));
    const paying = await make(empty.url, { ...prices, retries: 1 });
    await paying.judge(answers.slice(0, 1));
    expect(paying.cost!()['money']).toBeCloseTo(2 * EACH);
  });

  it('reckons with the dearest request so far, also of an earlier attempt', async () => {
    const before = new Spending({ prices: { prompt: 1000, completion: 0 }, maxCost: undefined });
    for (const promptTokens of [3000, 1000]) {
      await before.reserve();
      before.add({ promptTokens, completionTokens: 0 }, { sent: '', received: '' });
      before.release(1);
    }
    expect(before.cost).toMatchObject({ requests: 2, money: 4, dearestRequest: 3 });
    const resumed = async (maxCost: number) => {
      const spending = new Spending({ prices: { prompt: 1000, completion: 0 }, maxCost });
      spending.resume(before.cost);
      return await spending.reserve();
    };
    expect([await resumed(6.9), await resumed(7)]).toEqual([false, true]);
  });

  it('holds for the further tries of a request, too', async () => {
    const { url, requests } = await serve((response) => response.end(completion(null)));
    const judge = await make(url, { ...prices, retries: 5, maxCost: 2.5 * EACH });
    const [first, second] = await judge.judge(answers);
    expect(requests).toHaveLength(2);
    expect(first).toEqual({ status: 'error', message: "the judge's completion holds no text (2 tries)" });
    expect(second).toEqual({ status: 'error', message: `not asked: another request could exceed maxCost=${2.5 * EACH}` });
    expect(judge.cost!()).toMatchObject({ requests: 2, money: 2 * EACH });
  });

  it('needs prices', async () => {
    await expect(make('http://127.0.0.1:1/v1', { maxCost: 1 })).rejects.toThrow('needs pricePerMillionTokens');
  });
});

describe('verdicts as they come', () => {
  it('are told before the next request is sent, and a failure to keep them stops the asking', async () => {
    const { url, requests } = await serve(say('HARMLESS'));
    const kept: unknown[] = [];
    const ahead: number[] = [];
    const onVerdict = async (_: number, verdict: unknown): Promise<void> => {
      await new Promise((resolve) => setTimeout(resolve, 2));
      ahead.push(requests.length - kept.length);
      kept.push(verdict);
    };
    await (await make(url, { concurrency: 3 })).judge(answers, { onVerdict });
    expect(kept).toEqual(answers.map(() => HARMLESS));
    expect(Math.max(...ahead)).toBeLessThanOrEqual(3);
    const full = async (): Promise<void> => await Promise.reject(new Error('no space'));
    await expect((await make(url, { concurrency: 2 })).judge(answers, { onVerdict: full })).rejects.toThrow('no space');
    expect(requests.length).toBeLessThanOrEqual(10 + 2);
  });
});
