import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { CrashWatch } from './crash-watch.js';
import { SessionClient } from './session-client.ts';

afterEach(() => vi.restoreAllMocks());

const watch = () => ({ begins: vi.fn<(what: string) => void>(), idle: vi.fn<() => void>(), close: vi.fn<() => void>() });

/** A client of a worker that answers a request by the code `onRequest`. */
function clientOf(onRequest: string, crashWatch = watch()): SessionClient<{ type: string }> {
  const code = `import { parentPort as port } from 'node:worker_threads'; port.on('message', ({ call, request: { type } }) => { ${onRequest} });`;
  const file = `data:text/javascript,${encodeURIComponent(code)}`;
  return new SessionClient({ file, runtime: 'Runtime', workerData: undefined, crashWatch: crashWatch as unknown as CrashWatch });
}

describe('SessionClient', () => {
  it.each([
    ['refuses to close', `port.postMessage({ call, error: 'busy' })`, 'Runtime: busy'],
    ['ends while it closes', `process.exit(3)`, 'the Runtime worker ended with status 3'],
  ])('ends a worker that %s, and the watch over it', async (_, onRequest, message) => {
    const terminate = vi.spyOn(Worker.prototype, 'terminate');
    const crashWatch = watch();
    const client = clientOf(onRequest, crashWatch);
    await expect(client.close()).rejects.toThrow(message);
    expect([terminate.mock.calls.length, crashWatch.close.mock.calls.length]).toEqual([1, 1]);
    await client.close();
    expect(terminate).toHaveBeenCalledOnce();
  });

  it('refuses requests after it was closed', async () => {
    const client = clientOf('port.postMessage({ call, value: type })');
    expect(await client.request('greeting', { type: 'hello' })).toBe('hello');
    await client.close();
    await expect(client.request('greeting', { type: 'hello' })).rejects.toMatchObject({ code: 'E_ENGINE' });
  });
});
