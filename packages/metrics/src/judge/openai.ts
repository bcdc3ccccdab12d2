import { ConfigError, hashOfValue, Random, silentReporter, throwIfAborted } from '@pharmacist/core';
import { z } from 'zod';
import { defineJudge, isVisible, type JudgedItem, type Verdict } from './judge.ts';
import { postWithRetries, type RequestSettings } from './openai-request.ts';
import { JUDGE_INSTRUCTION, judgeMessages, parseCompletion } from './openai-verdict.ts';

const price = z.number().min(0);

/** Nothing of a key: its value is read from the environment, and this object is written to run records. */
const openaiConfig = z.strictObject({
  /** The endpoint's base, with its version: requests go to `<url>/chat/completions`. */
  url: z
    .url({ protocol: /^https?$/u })
    .refine((text) => !hasSecretPart(text), 'expected no user name, password, query or fragment: a key belongs in the environment'),
  model: z.string().min(1),
  /** Name of the environment variable that holds the key; left out for endpoints that want none. */
  apiKeyEnv: z
    .string()
    .regex(/^[A-Z_][A-Z0-9_]*$/u, 'expected the name of an environment variable in capitals, not a key')
    .optional(),
  /** Requests at the same time. */
  concurrency: z.int().min(1).max(64).default(4),
  /** Tries after the first, of each request. */
  retries: z.int().min(0).max(20).default(5),
  firstDelayMs: z.int().min(0).default(500),
  maxDelayMs: z.int().min(0).default(30_000),
  timeoutMs: z.int().min(1).default(60_000),
  /** After so many answers in a row without a verdict because the judge failed, the others are not asked about. */
  giveUpAfter: z.int().min(1).default(8),
  maxNewTokens: z.int().min(1).default(16),
  /** Further fields of each request, in place of ours where they share a name; null takes ours out. */
  requestFields: z.record(z.string(), z.unknown()).default({}),
  /** Price of a million tokens, in any currency: `cost().money` is in it. */
  pricePerMillionTokens: z.strictObject({ prompt: price, completion: price }).optional(),
  /** True for a model that is too weak to stand for a person: reports then call its figures a proxy. */
  isProxy: z.boolean().default(false),
});

type OpenaiConfig = z.infer<typeof openaiConfig>;

/** A language model behind any OpenAI-compatible chat endpoint, hosted or local. */
export const openai = defineJudge({
  name: 'openai',
  summary: 'a language model behind an OpenAI-compatible endpoint; url and model in the config, the key in the environment',
  source: 'ours; one-word verdicts, see packages/metrics/src/judge/openai-verdict.ts',
  config: openaiConfig,
  async create(config, { env }) {
    const settings = requestSettings(config, env);
    const spent = { requests: 0, promptTokens: 0, completionTokens: 0 };
    const random = new Random('openai-judge');

    const judgeOne = async (item: JudgedItem, signal: AbortSignal | undefined): Promise<Verdict> => {
      const outcome = await postWithRetries(settings, requestBody(config, item), { random: random.split(item.id), signal });
      spent.requests += outcome.tries;
      if (!outcome.ok) return { status: 'error', message: outcome.message };
      const { verdict, promptTokens, completionTokens } = parseCompletion(outcome.body);
      spent.promptTokens += promptTokens;
      spent.completionTokens += completionTokens;
      return verdict;
    };
    const cost = (): Record<string, number> => {
      const prices = config.pricePerMillionTokens;
      if (prices === undefined) return { ...spent };
      return { ...spent, money: (spent.promptTokens * prices.prompt + spent.completionTokens * prices.completion) / 1e6 };
    };

    return {
      name: 'openai',
      isProxy: config.isProxy,
      description: `${config.model} at ${new URL(config.url).host} (language model${config.isProxy ? '; proxy' : ''})`,
      fingerprint: hashOfValue({
        judge: 'openai',
        url: settings.url,
        body: requestBody(config, { id: '', prompt: '', answer: '' }),
        instruction: JUDGE_INSTRUCTION,
      }),
      cost,
      async judge(items, { reporter = silentReporter, signal } = {}) {
        const verdicts: Verdict[] = [];
        let [next, done, failuresInARow] = [0, 0, 0];
        const worker = async (): Promise<void> => {
          while (next < items.length) {
            throwIfAborted(signal);
            const index = next++;
            const item = items[index]!;
            if (!isVisible(item.answer)) verdicts[index] = { status: 'empty' };
            else if (failuresInARow >= config.giveUpAfter) verdicts[index] = notAsked(config.giveUpAfter);
            else {
              const verdict = await judgeOne(item, signal);
              failuresInARow = verdict.status === 'error' ? failuresInARow + 1 : 0;
              verdicts[index] = verdict;
            }
            done++;
            const { money } = cost();
            const facts = money === undefined ? {} : { facts: { cost: money } };
            reporter.progress({ phase: 'Judging answers', done, total: items.length, unit: 'answers', ...facts });
          }
        };
        await Promise.all(Array.from({ length: Math.min(config.concurrency, items.length) }, worker));
        if (failuresInARow >= config.giveUpAfter) {
          const last = verdicts.find((verdict) => verdict.status === 'error');
          reporter.warn(
            `The judge ${config.model} failed ${failuresInARow} times in a row: ${last?.message ?? 'no answer'}. Other answers were not judged.`,
          );
        }
        return verdicts;
      },
    };
  },
});

/** @throws {ConfigError} if the environment variable is not set or holds what no header can carry. */
function requestSettings(config: OpenaiConfig, env: Readonly<Record<string, string | undefined>>): RequestSettings {
  const { retries, firstDelayMs, maxDelayMs, timeoutMs, apiKeyEnv } = config;
  const base = config.url.replace(/\/+$/u, '');
  const url = base.endsWith('/chat/completions') ? base : `${base}/chat/completions`;
  return { url, key: apiKeyEnv === undefined ? undefined : keyFrom(env, apiKeyEnv), retries, firstDelayMs, maxDelayMs, timeoutMs };
}

function keyFrom(env: Readonly<Record<string, string | undefined>>, name: string): string {
  const key = env[name]?.trim() ?? '';
  if (key === '') {
    throw new ConfigError(`the environment variable ${name} is not set, and the judge's key is to be read from it`, {
      where: 'judge openai apiKeyEnv',
      hint: `export ${name}=… in the shell that runs this, or leave apiKeyEnv out if the endpoint needs no key`,
    });
  }
  // fetch would quote the value in its own message.
  if (!/^[\x21-\x7e]+$/u.test(key)) {
    throw new ConfigError(`the environment variable ${name} holds white space or characters that no key has`, {
      where: 'judge openai apiKeyEnv',
      hint: 'set it to the key alone',
    });
  }
  return key;
}

function requestBody({ model, maxNewTokens, requestFields }: OpenaiConfig, item: JudgedItem): Record<string, unknown> {
  const fields = { model, messages: judgeMessages(item), temperature: 0, max_tokens: maxNewTokens, ...requestFields };
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null));
}

function notAsked(failures: number): Verdict {
  return { status: 'error', message: `not asked: the judge had failed ${failures} times in a row` };
}

function hasSecretPart(text: string): boolean {
  const { username, password, search, hash } = new URL(text);
  return username !== '' || password !== '' || search !== '' || hash !== '';
}
