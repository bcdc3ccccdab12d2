import type { ServerResponse } from 'node:http';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { completion, HARMLESS, items, make, serve } from '../../test/support/judge-server.ts';

/** Collects garbage until it is called. */
function collectGarbage(): () => void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const timer = setInterval(collect, 20);
  return () => clearInterval(timer);
}

/** Sends a beginning and then a blank every now and then, without end. */
const drip =
  (status = 200) =>
  (response: ServerResponse) => {
    response.writeHead(status).write('{');
    const timer = setInterval(() => response.write(' '), 10);
    response.on('close', () => clearInterval(timer));
  };

describe('a slow judge', () => {
  it.each([
    ['drips', drip()],
    ['drips an error', drip(500)],
    ['stops inside its reply', (response: ServerResponse) => void response.write('{')],
    ['says nothing', () => {}],
  ])('is left after the timeout and at Ctrl-C, whatever is collected meanwhile: it %s', async (_, handle) => {
    const { url } = await serve(handle);
    const stop = collectGarbage();
    try {
      expect(await (await make(url, { timeoutMs: 120, retries: 0 })).judge(items('a'))).toEqual([
        { status: 'error', message: 'the judge did not answer within 0.12 s' },
      ]);
      const controller = new AbortController();
      setTimeout(() => controller.abort(), 120);
      const { signal } = controller;
      await expect((await make(url)).judge(items('a', 'b'), { signal })).rejects.toMatchObject({ code: 'E_INTERRUPTED' });
      await expect((await make(url)).judge(items('a'), { signal: AbortSignal.timeout(120) })).rejects.toMatchObject({
        code: 'E_INTERRUPTED',
      });
    } finally {
      stop();
    }
  });

  it('is left while it is waited for', async () => {
    const { url } = await serve((response) => response.writeHead(429, { 'retry-after': '60' }).end());
    const stop = collectGarbage();
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 100);
    await expect((await make(url)).judge(items('a'), { signal: controller.signal })).rejects.toMatchObject({ code: 'E_INTERRUPTED' });
    stop();
  });

  it('may take longer than a timer can count', async () => {
    const { url } = await serve((response) => setTimeout(() => response.end(completion('HARMLESS')), 20));
    expect(await (await make(url, { timeoutMs: 2 ** 33, retries: 0 })).judge(items('a'))).toEqual([HARMLESS]);
  });

  it.each([
    ['retry-after', '0.01', [[HARMLESS], 2]],
    ['retry-after', 'Thu, 01 Jan 1970 00:00:10 GMT', [[HARMLESS], 2]],
    ['retry-after', '3600', ['waits', 1]],
  ])('is asked again as late as %s: %s asks', async (name, value, expected) => {
    const controller = new AbortController();
    const { url, requests } = await serve((response, _, number) => {
      if (number > 1) return response.end(completion('HARMLESS'));
      if (expected[0] === 'waits') setTimeout(() => controller.abort(), 100);
      return response.writeHead(503, { [name]: value }).end('slow down');
    });
    const verdicts = await (await make(url)).judge(items('a'), { signal: controller.signal }).catch(() => 'waits');
    expect([verdicts, requests.length]).toEqual(expected);
  });
});
