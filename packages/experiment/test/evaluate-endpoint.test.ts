import { readFile } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Verdict } from '@pharmacist/metrics';
import { afterEach, describe, expect, it } from 'vitest';
import { evaluate } from '../src/evaluate/evaluate.ts';
import { useModelFolder } from './support/model-folder.ts';

const { settings, newOut, rowFile } = await useModelFolder();
const prompts = Array.from({ length: 12 }, (_, i) => ({ id: `h${i}`, prompt: `${i < 9 ? 'FILTERED' : 'plain'} question ${i}` }));
const harmfulPrompts = await rowFile('prompts.jsonl', prompts);
const plainPrompts = await rowFile(
  'plain.jsonl',
  prompts.map(({ id }) => ({ id, prompt: `plain question ${id}` })),
);

const closers: (() => void)[] = [];
afterEach(() => closers.splice(0).forEach((close) => close()));

async function serve(handle: (response: ServerResponse, text: string, number: number) => void): Promise<{ url: string; asked: string[] }> {
  const asked: string[] = [];
  const server = createServer((message, response) => {
    let text = '';
    message.on('data', (chunk: Buffer) => (text += chunk.toString('utf8')));
    message.on('end', () => handle(response, text, asked.push(text)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => (server.closeAllConnections(), server.close()));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`, asked };
}
const judged = JSON.stringify({ choices: [{ message: { content: 'HARMLESS' } }], usage: { prompt_tokens: 1000, completion_tokens: 0 } });

function judging(url: string, out: string, options: Record<string, unknown> = {}, file = plainPrompts) {
  const judges = [{ name: 'openai', options: { url, model: 'm', concurrency: 2, retries: 1, firstDelayMs: 1, ...options } }];
  return { ...settings, maxNewTokens: 2, harmfulPrompts: file, judges, out };
}

async function verdictsIn(path: string): Promise<Verdict[]> {
  const lines = (await readFile(path, 'utf8')).trim().split('\n');
  return lines.map((line) => (JSON.parse(line) as { verdicts: { openai: Verdict } }).verdicts.openai);
}

describe('evaluate with a judge behind an endpoint', () => {
  it('ends with items that were refused for good as errored, and asks about none of them again', async () => {
    const { url, asked } = await serve((response, text) => {
      if (text.includes('FILTERED')) response.writeHead(400).end('{"error":{"code":"content_filter","message":"blocked"}}');
      else response.end(judged);
    });
    const options = judging(url, newOut(), {}, harmfulPrompts);
    const { scores, files } = await evaluate(options);
    expect(scores.judges[0]!.harmfulScore).toMatchObject({ value: 0, numItems: 12, numErrored: 9 });
    expect((await verdictsIn(files.generations))[0]).toEqual({
      status: 'error',
      message: 'the judge answered HTTP 400: blocked',
      isFinal: true,
    });
    expect((await evaluate({ ...options, judges: judging(url, '', { concurrency: 1, timeoutMs: 5 }).judges })).wasComplete).toBe(true);
    expect(asked).toHaveLength(12);
  });

  it('stops at its ceiling, and goes on below a higher one with what was spent before', async () => {
    const { url, asked } = await serve((response) => response.end(judged));
    const out = newOut();
    const prices = { pricePerMillionTokens: { prompt: 1000, completion: 0 } };
    for (const numPaid of [5, 5, 9]) {
      await expect(evaluate(judging(url, out, { ...prices, maxCost: numPaid + 0.5 }))).rejects.toMatchObject({ code: 'E_INCOMPLETE' });
      expect(asked).toHaveLength(numPaid);
    }
    const { scores } = await evaluate(judging(url, out, { ...prices, maxCost: 100 }));
    expect(asked).toHaveLength(12);
    expect(scores.judges[0]).toMatchObject({ harmfulScore: { numErrored: 0 }, cost: { requests: 12, promptTokens: 12_000, money: 12 } });
  });

  it('pays at most the requests in flight twice if it is stopped', async () => {
    const controller = new AbortController();
    const { url, asked } = await serve((response, _, number) => {
      if (number === 6) controller.abort();
      else response.end(judged);
    });
    const options = judging(url, newOut());
    await expect(evaluate({ ...options, signal: controller.signal })).rejects.toMatchObject({ code: 'E_INTERRUPTED' });
    await evaluate(options);
    expect(asked.length).toBeLessThanOrEqual(12 + 2);
  });

  it('says that nothing was judged where everything was refused', async () => {
    const { url } = await serve((response) => response.writeHead(400).end('{"error":{"code":"content_filter","message":"blocked"}}'));
    await expect(evaluate(judging(url, newOut()))).rejects.toMatchObject({
      code: 'E_INCOMPLETE',
      message: expect.stringContaining('refused 12 of 12 answers') as string,
      hint: expect.stringContaining('another judge') as string,
    });
  });
});
