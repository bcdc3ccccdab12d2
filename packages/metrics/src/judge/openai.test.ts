import type { ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { completion, items, KEY, make, say, serve, warningsOf } from '../../test/support/judge-server.ts';
import { retryAfterMs, waitAskedFor } from './openai-request.ts';

describe('openai judge', () => {
  it('reads verdicts in order, skips empty answers and counts what it spent', async () => {
    const { url, requests } = await serve((response, { body }) =>
      response.end(completion(body.messages[1]!.content.includes('bad thing') ? 'HARMFUL' : '"harmless".')),
    );
    const judge = await make(url, { pricePerMillionTokens: { prompt: 10, completion: 50 } });
    const verdicts = await judge.judge(items('a bad thing', ' \n', 'a good thing', 'a bad thing again'));
    expect(verdicts).toEqual([
      { status: 'judged', isHarmful: true, score: 1 },
      { status: 'empty' },
      { status: 'judged', isHarmful: false, score: 0 },
      { status: 'judged', isHarmful: true, score: 1 },
    ]);
    expect(requests).toHaveLength(3);
    expect(requests[0]!.headers.authorization).toBe(`Bearer ${KEY}`);
    expect(requests[0]!.body).toMatchObject({ model: 'judge-1', temperature: 0 });
    expect(judge.cost!()).toEqual({
      requests: 3,
      promptTokens: 300,
      completionTokens: 6,
      money: (300 * 10 + 6 * 50) / 1e6,
      dearestRequest: (100 * 10 + 2 * 50) / 1e6,
    });
    expect(JSON.stringify([verdicts, judge.description, judge.fingerprint])).not.toContain(KEY);
  });

  it('tries again after 429', async () => {
    const { url, requests } = await serve((response, _, number) => {
      if (number === 1) response.writeHead(429, { 'retry-after': '0.01' }).end('slow down');
      else say('HARMFUL')(response, _, number);
    });
    expect(await (await make(url)).judge(items('text'))).toEqual([{ status: 'judged', isHarmful: true, score: 1 }]);
    expect(requests).toHaveLength(2);
  });

  it('gives up on an item after its retries, and on the others after a row of failures; no message holds the key', async () => {
    const { url, requests } = await serve((response) => response.writeHead(500).end(JSON.stringify({ error: { message: `no: ${KEY}` } })));
    const { warnings, reporter } = warningsOf();
    const verdicts = await (await make(url, { giveUpAfter: 2, concurrency: 1 })).judge(items('a', 'b', 'c'), { reporter });
    expect(verdicts).toEqual([
      { status: 'error', message: 'the judge answered HTTP 500: no: [key] (3 tries)' },
      { status: 'error', message: 'the judge answered HTTP 500: no: [key] (3 tries)' },
      { status: 'error', message: 'not asked: the judge had failed 2 times in a row' },
    ]);
    expect(requests).toHaveLength(6);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).not.toContain(KEY);
  });

  it('does not repeat a request that was refused', async () => {
    const { url, requests } = await serve((response) => response.writeHead(401).end(`wrong key ${'x'.repeat(190)} ${KEY}`));
    const [verdict] = await (await make(url)).judge(items('a'));
    expect(verdict).toMatchObject({ status: 'error' });
    expect(JSON.stringify(verdict)).not.toContain('sk-test');
    expect(requests).toHaveLength(1);
  });

  it.each([
    ['nonsense', (response: ServerResponse) => response.end(completion('It depends. HARMFUL or HARMLESS?'))],
    ['both words', (response: ServerResponse) => response.end(completion('HARMFUL HARMLESS'))],
    ['a verdict with a reason', (response: ServerResponse) => response.end(completion(`HARMLESS${' because'.repeat(50)}`))],
  ])('calls %s unparsable', async (_, handle) => {
    const { url } = await serve(handle);
    expect(await (await make(url)).judge(items('a'))).toMatchObject([{ status: 'unparsable' }]);
  });

  it('says so when the judge is slow, absent, or sends the request elsewhere', async () => {
    const slow = await serve(() => {});
    expect(await (await make(slow.url, { timeoutMs: 50, retries: 1 })).judge(items('a'))).toEqual([
      { status: 'error', message: 'the judge did not answer within 0.05 s (2 tries)' },
    ]);
    const absent = await make('http://127.0.0.1:1/v1', { retries: 0 });
    expect(await absent.judge(items('a'))).toMatchObject([
      { status: 'error', message: expect.stringMatching(/^the judge could not be reached \(/) as string },
    ]);
    const target = await serve(say('HARMFUL'));
    const redirecting = await serve((response) => response.writeHead(307, { location: `${target.url}/chat/completions` }).end());
    expect(await (await make(redirecting.url, { retries: 0 })).judge(items('a'))).toMatchObject([{ status: 'error' }]);
    expect(target.requests).toHaveLength(0);
  });

  it('stops at the abort signal, during a request and during a wait', async () => {
    const slow = await serve(() => {});
    const failing = await serve((response) => response.writeHead(503, { 'retry-after': '60' }).end());
    for (const { url } of [slow, failing]) {
      await expect((await make(url)).judge(items('a'), { signal: AbortSignal.timeout(80) })).rejects.toMatchObject({
        code: 'E_INTERRUPTED',
      });
    }
  });

  it('keeps keys out of the config, and asks for a usable one', async () => {
    const url = 'http://127.0.0.1:1/v1';
    await expect(make(url, { apiKeyEnv: 'EMPTY' })).rejects.toThrow('the environment variable EMPTY is not set');
    await expect(make(url, { apiKeyEnv: 'BAD_KEY' })).rejects.toThrow('holds white space');
    await expect(make(url, { apiKeyEnv: KEY })).rejects.toSatisfy((error: Error) => !error.message.includes(KEY));
    await expect(make(`http://user:${KEY}@127.0.0.1:1/v1`)).rejects.toSatisfy((error: Error) => !error.message.includes(KEY));
    const [one, other] = [await make(url), await make(url, { model: 'judge-2' })];
    expect(one.fingerprint).not.toBe(other.fingerprint);
    expect((await make(url, { apiKeyEnv: undefined, concurrency: 9 })).fingerprint).toBe(one.fingerprint);
  });

  it('reads Retry-After as seconds or as a date', () => {
    expect(retryAfterMs('3')).toBe(3000);
    expect(retryAfterMs('Thu, 01 Jan 1970 00:00:10 GMT', 4000)).toBe(6000);
    expect(retryAfterMs('Sunday, 06-Nov-94 08:49:37 GMT', Date.UTC(1994, 10, 6, 8, 49, 30))).toBe(7000);
    expect(retryAfterMs('Thu, 01 Jan 1970 00:00:10 GMT', 20_000)).toBe(0);
    expect(retryAfterMs('soon')).toBeUndefined();
    expect(retryAfterMs('soon 1')).toBeUndefined();
    expect(retryAfterMs('-5')).toBeUndefined();
    expect(retryAfterMs(null)).toBeUndefined();
    expect(waitAskedFor({ headers: { 'retry-after': '0.2' } })).toBe(200);
    expect(waitAskedFor({ headers: { 'retry-after-ms': '150', 'retry-after': '60' } })).toBe(150);
  });
});
