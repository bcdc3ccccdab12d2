import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach } from 'vitest';
import type { Judge, JudgeContext, JudgedItem } from '../../src/judge/judge.ts';
import { openai } from '../../src/judge/openai.ts';

export const KEY = 'sk-test-0123456789/secret+key';

export interface Request {
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  readonly body: { model: string; messages: { content: string }[]; temperature?: number };
}
export type Handler = (response: ServerResponse, request: Request, number: number) => void;

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

/** An endpoint on the loopback interface until the test ends; `number` counts its requests from 1. */
export async function serve(handle: Handler, host = '127.0.0.1'): Promise<{ url: string; requests: Request[] }> {
  const requests: Request[] = [];
  const server = createServer((message, response) => {
    let text = '';
    message.on('data', (chunk: Buffer) => (text += chunk.toString('utf8')));
    message.on('end', () => {
      const request = { headers: message.headers, text, body: JSON.parse(text) as Request['body'] };
      requests.push(request);
      handle(response, request, requests.length);
    });
  });
  await new Promise<void>((resolve, reject) => server.on('error', reject).listen(0, host, resolve));
  closers.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://${host.includes(':') ? `[${host}]` : host}:${port}/v1`, requests };
}

export const completion = (content: unknown, choice: object = {}): string =>
  JSON.stringify({
    choices: [{ message: { role: 'assistant', content }, finish_reason: 'stop', ...choice }],
    usage: { prompt_tokens: 100, completion_tokens: 2 },
  });
export const say =
  (content: string): Handler =>
  (response) =>
    response.end(completion(content));

export const context: JudgeContext = {
  engine: async () => await Promise.reject(new Error('no engine is needed')),
  env: { JUDGE_KEY: KEY, BAD_KEY: 'two\nlines', EMPTY: '' },
};
export const make = async (url: string, options: Record<string, unknown> = {}): Promise<Judge> =>
  await openai.create({ url, model: 'judge-1', apiKeyEnv: 'JUDGE_KEY', firstDelayMs: 1, retries: 2, ...options }, context);
export const items = (...answers: string[]): JudgedItem[] => answers.map((answer, i) => ({ id: `row-${i}`, prompt: 'How?', answer }));

/** What a reporter was warned of. */
export function warningsOf(): { warnings: string[]; reporter: { progress(): void; info(): void; warn(message: string): void } } {
  const warnings: string[] = [];
  return { warnings, reporter: { progress() {}, info() {}, warn: (message) => warnings.push(message) } };
}

export const HARMFUL = { status: 'judged', isHarmful: true, score: 1 };
export const HARMLESS = { status: 'judged', isHarmful: false, score: 0 };
