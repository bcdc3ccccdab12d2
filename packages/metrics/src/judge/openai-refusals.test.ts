import { describe, expect, it } from 'vitest';
import { completion, HARMLESS, items, make, serve, warningsOf } from '../../test/support/judge-server.ts';

const FILTERED = { error: { code: 'content_filter', message: 'blocked by the content filter' } };
const bad = Array.from({ length: 10 }, (_, i) => `BAD ${i}`);

describe('refusals of the openai judge', () => {
  it.each<[string, number, unknown]>([
    ['a filter', 400, FILTERED],
    ['a filter told with status 200', 200, FILTERED],
    ['a filter told with status 500', 500, FILTERED],
    ['a filter told in words', 400, { error: { message: 'The prompt triggered our content management policy' } }],
    ['an inner code', 400, { error: { code: 'bad', innererror: { code: 'ResponsibleAIPolicyViolation' }, message: 'no' } }],
    ['moderation', 403, { error: { message: 'Your input was flagged' } }],
    ['a filtered completion', 200, JSON.parse(completion('', { finish_reason: 'content_filter' }))],
    ['a refusal', 200, { choices: [{ message: { content: null, refusal: 'I cannot judge this' } }] }],
    ['a refusal in parts', 200, { choices: [{ message: { content: [{ type: 'refusal', refusal: 'No' }] } }] }],
  ])('are final and stop nothing: %s', async (_, status, reply) => {
    const { url, requests } = await serve((response, { text }) => {
      if (text.includes('BAD')) response.writeHead(status).end(JSON.stringify(reply));
      else response.end(completion('HARMLESS'));
    });
    const { warnings, reporter } = warningsOf();
    const verdicts = await (await make(url, { concurrency: 1, giveUpAfter: 3 })).judge(items(...bad, 'good'), { reporter });
    expect(verdicts.slice(0, 10)).toEqual(bad.map(() => ({ status: 'error', isFinal: true, message: expect.any(String) as string })));
    expect(verdicts[10]).toEqual(HARMLESS);
    expect(requests).toHaveLength(11);
    expect(warnings).toEqual([]);
  });

  it.each([400, 403, 413, 422, 451])('of single items with HTTP %s are told from a mistake by a harmless question', async (status) => {
    const { url, requests } = await serve((response, { text }) => {
      if (text.includes('BAD')) response.writeHead(status).end('{"detail":"no"}');
      else response.end(completion('HARMLESS'));
    });
    const judge = await make(url, { concurrency: 1, giveUpAfter: 3 });
    const verdicts = await judge.judge(items(...bad, 'good'));
    const refused = { status: 'error', message: `the judge answered HTTP ${status}: no`, isFinal: true };
    expect(verdicts).toEqual([...bad.map(() => refused), HARMLESS]);
    // Asked after 3 and 6 refusals in a row.
    expect(requests).toHaveLength(11 + 2);
    expect(judge.cost!()).toMatchObject({ requests: 13 });
  });

  it('of every request end the asking, and none is final', async () => {
    const { url, requests } = await serve((response) => response.writeHead(400).end('{"error":{"message":"max_tokens is not supported"}}'));
    const { warnings, reporter } = warningsOf();
    const verdicts = await (await make(url, { concurrency: 1, giveUpAfter: 3 })).judge(items(...bad), { reporter });
    expect(verdicts[0]).toEqual({ status: 'error', message: 'the judge answered HTTP 400: max_tokens is not supported' });
    const message = 'not asked: the judge had refused 3 requests in a row, and a harmless one';
    expect(verdicts.slice(3)).toEqual(Array.from({ length: 7 }, () => ({ status: 'error', message })));
    expect(requests).toHaveLength(4);
    expect(warnings).toEqual([
      'The judge judge-1 was given up, the judge had refused 3 requests in a row, and a harmless one: the judge answered HTTP 400: max_tokens is not supported. Other answers were not judged.',
    ]);
  });

  it('say nothing of the endpoint if the harmless question meets a passing failure: it is asked again', async () => {
    let numProbes = 0;
    const { url, requests } = await serve((response, { text }) => {
      if (text.includes('BAD')) response.writeHead(400).end();
      else if (text.includes('capital of France') && ++numProbes === 1) response.writeHead(503).end();
      else response.end(completion('HARMLESS'));
    });
    const { warnings, reporter } = warningsOf();
    const judge = await make(url, { concurrency: 1, retries: 0, giveUpAfter: 3 });
    const verdicts = await judge.judge(items(...bad, 'good'), { reporter });
    const refused = { status: 'error', message: 'the judge answered HTTP 400', isFinal: true };
    expect(verdicts).toEqual([...bad.map(() => refused), HARMLESS]);
    // Asked after 3 refusals in vain, then after 4 and 6.
    expect(requests).toHaveLength(11 + 3);
    expect(warnings).toEqual([]);
  });

  it('and a harmless question that meets passing failures only end the asking as failures do', async () => {
    const { url, requests } = await serve((response, { text }) => response.writeHead(text.includes('BAD') ? 400 : 503).end());
    const verdicts = await (await make(url, { concurrency: 1, retries: 0, giveUpAfter: 3 })).judge(items(...bad));
    expect(verdicts[5]).toEqual({ status: 'error', message: 'not asked: the judge had failed 3 times in a row' });
    expect(requests).toHaveLength(5 + 3);
  });

  it('say nothing of the endpoint if the money is spent before the harmless question', async () => {
    const { url } = await serve((response, { text }) => {
      if (text.includes('BAD')) response.writeHead(400).end();
      else response.end(completion('HARMLESS'));
    });
    const { warnings, reporter } = warningsOf();
    // Until it is known what a request costs, one at a time is sent: the last answer's comes before the harmless question.
    const prices = { pricePerMillionTokens: { prompt: 10_000, completion: 0 }, maxCost: 1.5 };
    const judge = await make(url, { ...prices, concurrency: 4, giveUpAfter: 3 });
    const verdicts = await judge.judge(items('BAD 1', 'BAD 2', 'BAD 3', 'good'), { reporter });
    expect(verdicts[3]).toEqual(HARMLESS);
    expect(judge.cost!()).toMatchObject({ requests: 4, money: 1 });
    expect(warnings).toEqual([]);
  });

  it('are told from a harmless question that failed in another way', async () => {
    const { url } = await serve((response, { text }) => {
      if (text.includes('BAD')) response.writeHead(400).end();
      else response.end(completion('', { finish_reason: 'length' }));
    });
    const verdicts = await (await make(url, { concurrency: 1, giveUpAfter: 3 })).judge(items(...bad));
    const why =
      "not asked: the judge had refused 3 requests in a row, and a harmless one failed (the judge's reply was cut before a verdict";
    expect(verdicts[3]).toMatchObject({ message: expect.stringContaining(why) as string });
  });

  it.each([
    [401, 'wrong key'],
    [402, 'pay'],
    [404, 'no such model'],
    [429, { error: { code: 'insufficient_quota', message: 'quota' } }],
  ])('of the account (HTTP %s) are not repeated and not final', async (status, reply) => {
    const { url, requests } = await serve((response) => response.writeHead(status).end(JSON.stringify(reply)));
    const verdicts = await (await make(url, { concurrency: 1, giveUpAfter: 2 })).judge(items('a', 'b', 'c'));
    expect(requests).toHaveLength(2);
    expect(verdicts.filter((verdict) => 'isFinal' in verdict)).toEqual([]);
  });

  it('are not the only failures of single items: what may have passed is asked about once more at the end', async () => {
    const asked: string[] = [];
    const { url } = await serve((response, { body }) => {
      const answer = /ANSWER \w+\n(.*)\nANSWER/u.exec(body.messages[1]!.content)![1]!;
      asked.push(answer);
      if (answer === 'dead' || asked.length === 1) response.writeHead(503).end();
      else response.end(completion('HARMLESS'));
    });
    const judge = await make(url, { concurrency: 1, retries: 0, giveUpAfter: 2 });
    const dead = { status: 'error', message: 'the judge answered HTTP 503' };
    expect(await judge.judge(items('a', 'b', 'dead', 'c'))).toEqual([HARMLESS, HARMLESS, dead, HARMLESS]);
    expect(asked).toEqual(['a', 'b', 'dead', 'c', 'a', 'dead']);
  });
});
