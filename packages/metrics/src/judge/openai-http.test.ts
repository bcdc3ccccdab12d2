import type { ServerResponse } from 'node:http';
import { createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { completion, HARMLESS, items, KEY, make, say, serve } from '../../test/support/judge-server.ts';

describe('a hostile judge', () => {
  const chunk = Buffer.alloc(1 << 18, 'A');
  const flood =
    (status: number) =>
    (response: ServerResponse): void => {
      response.writeHead(status);
      const fill = (): void => {
        while (!response.destroyed && response.write(chunk));
      };
      response.on('drain', fill);
      fill();
    };
  const bomb = gzipSync(Buffer.alloc(64 << 20, 'A'));

  it.each([
    ['floods', flood(200), "the judge's reply is longer than any verdict: AAA"],
    ['floods an error', flood(418), 'the judge answered HTTP 418: AAA'],
    [
      'sends a bomb',
      (response: ServerResponse) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb),
      "the judge's reply is longer than any verdict: AAA",
    ],
    [
      'names a length that it does not send',
      (response: ServerResponse) => {
        response.writeHead(200, { 'content-length': '99999999999' }).write(chunk);
        setTimeout(() => response.destroy(), 10);
      },
      "the connection broke inside the judge's reply",
    ],
    ['sends damaged gzip', (response: ServerResponse) => response.writeHead(200, { 'content-encoding': 'gzip' }).end('no'), 'broke inside'],
    [
      'sends huge headers',
      (response: ServerResponse) => response.writeHead(200, { 'x-a': 'A'.repeat(1 << 20) }).end(),
      'HPE_HEADER_OVERFLOW',
    ],
    ['resets the connection', (response: ServerResponse) => response.destroy(), 'could not be reached (ECONNRESET)'],
  ])('costs little and is an error: it %s', async (_, handle, message) => {
    const { url } = await serve(handle as (response: ServerResponse) => void);
    const before = process.memoryUsage().rss;
    expect(await (await make(url, { retries: 0 })).judge(items('a'))).toEqual([
      { status: 'error', message: expect.stringContaining(message) as string },
    ]);
    expect(process.memoryUsage().rss - before).toBeLessThan(150e6);
  });

  it('gets no second request and no key by sending it elsewhere', async () => {
    const target = await serve(say('HARMFUL'));
    for (const status of [301, 302, 303, 307, 308]) {
      const { url, requests } = await serve((response) =>
        response.writeHead(status, { location: `${target.url}/chat/completions?key=${encodeURIComponent(KEY)}` }).end(),
      );
      const message = `the judge answered HTTP ${status} and sends the request to ${target.url}/chat/completions?key=[key]`;
      expect(await (await make(url)).judge(items('a'))).toEqual([{ status: 'error', message }]);
      expect(requests).toHaveLength(1);
    }
    expect(target.requests).toHaveLength(0);
  });

  it('may speak no HTTP', async () => {
    const server = createServer((socket) =>
      socket
        .on('error', () => undefined)
        .resume()
        .end('NOT HTTP\r\n\r\n'),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    expect(await (await make(`http://127.0.0.1:${port}/v1`, { retries: 0 })).judge(items('a'))).toMatchObject([{ status: 'error' }]);
    await new Promise((resolve) => server.close(resolve));
  });

  it.each([
    ['as it is', KEY],
    [
      'JSON-escaped',
      KEY.split('')
        .map((character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
        .join(''),
    ],
    ['URL-encoded', encodeURIComponent(KEY)],
    ['in base64', Buffer.from(`Bearer ${KEY}`).toString('base64')],
  ])('cannot have the key written down %s', async (_, form) => {
    const shown = [
      `{"choices":[{"message":{"content":"your key: ${form} ${'x'.repeat(300)}"}}]}`,
      `{"error":{"message":"${'y'.repeat(190)} ${form}"}}`,
      `no JSON: ${form}`,
    ];
    for (const [body, status] of shown.flatMap((text) => [200, 401].map((code) => [text, code] as const))) {
      const { url } = await serve((response) => response.writeHead(status).end(body));
      const written = JSON.stringify(await (await make(url, { retries: 0 })).judge(items('a')));
      for (const secret of [KEY.slice(0, 10), form.slice(8, 20)]) expect(written).not.toContain(secret);
    }
  });
});

describe('a friendly judge', () => {
  it.each(['gzip', 'x-gzip', 'GZIP'])('may compress unasked: %s', async (encoding) => {
    const { url, requests } = await serve((response) =>
      response.writeHead(200, { 'content-encoding': encoding }).end(gzipSync(completion('HARMLESS'))),
    );
    expect(await (await make(url)).judge(items('a'))).toEqual([HARMLESS]);
    expect(requests[0]!.headers['accept-encoding']).toBe('identity');
  });

  it('may send its reply in pieces that cut characters', async () => {
    const bytes = Buffer.from(
      completion([
        { type: 'thinking', text: '…é…' },
        { type: 'text', text: 'HARMLESS' },
      ]),
    );
    const { url } = await serve((response) => {
      for (let i = 0; i < bytes.length; i++) response.write(bytes.subarray(i, i + 1));
      response.end();
    });
    expect(await (await make(url)).judge(items('a'))).toEqual([HARMLESS]);
  });

  const hasIpv6 = Object.values(networkInterfaces()).some((addresses) => addresses?.some(({ address }) => address === '::1'));
  it.runIf(hasIpv6)('may have an IPv6 address', async () => {
    const { url } = await serve(say('HARMLESS'), '::1');
    const judge = await make(url);
    expect(await judge.judge(items('a'))).toEqual([HARMLESS]);
    expect(judge.description).toContain('[::1]:');
  });
});
