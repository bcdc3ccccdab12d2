import { ConfigError } from '@pharmacist/core';
import { z } from 'zod';
import { keyMask } from './key-mask.ts';
import type { RequestSettings } from './openai-request.ts';

const price = z.number().min(0);

/** Nothing of a key: its value is read from the environment, and this object is written to run records. */
export const openaiConfig = z
  .strictObject({
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
    /** Requests at the same time: what a killed evaluation may have to ask, and pay, again. */
    concurrency: z.int().min(1).max(64).default(4),
    /** Tries after the first, of each request. */
    retries: z.int().min(0).max(20).default(5),
    firstDelayMs: z.int().min(0).default(500),
    maxDelayMs: z.int().min(0).default(30_000),
    /** For a whole reply, to its last byte. */
    timeoutMs: z.int().min(1).default(60_000),
    /** After so many answers in a row without a verdict because the judge failed, the others are not asked about. */
    giveUpAfter: z.int().min(1).default(8),
    /** A model that thinks before its verdict needs hundreds or thousands. */
    maxNewTokens: z.int().min(1).default(16),
    /** Further fields of each request, in place of ours where they share a name; null takes ours out. */
    requestFields: z.record(z.string(), z.unknown()).default({}),
    /** Price of a million tokens, in any currency: `cost().money` is in it. */
    pricePerMillionTokens: z.strictObject({ prompt: price, completion: price }).optional(),
    /** Ceiling of one evaluation, over all its attempts and in the currency of the prices: answers beyond it are not asked about. */
    maxCost: z.number().positive().optional(),
    /** True for a model that is too weak to stand for a person: reports then call its figures a proxy. */
    isProxy: z.boolean().default(false),
  })
  .refine(({ maxCost, pricePerMillionTokens }) => maxCost === undefined || pricePerMillionTokens !== undefined, {
    path: ['maxCost'],
    error: 'needs pricePerMillionTokens, {"prompt":…,"completion":…}: without prices nothing has a cost',
  });

export type OpenaiConfig = z.infer<typeof openaiConfig>;

/** Options of how the endpoint is asked: no verdict depends on them, and a run that was begun with others goes on. */
export const OPENAI_EFFORT = [
  'apiKeyEnv',
  'concurrency',
  'retries',
  'firstDelayMs',
  'maxDelayMs',
  'timeoutMs',
  'giveUpAfter',
  'maxCost',
] as const satisfies readonly (keyof OpenaiConfig)[];

/** @throws {ConfigError} if the environment variable is not set or holds what no header can carry. */
export function requestSettings(config: OpenaiConfig, env: Readonly<Record<string, string | undefined>>): RequestSettings {
  const { retries, firstDelayMs, maxDelayMs, timeoutMs, apiKeyEnv } = config;
  const base = config.url.replace(/\/+$/u, '');
  const url = base.endsWith('/chat/completions') ? base : `${base}/chat/completions`;
  const key = apiKeyEnv === undefined ? undefined : keyFrom(env, apiKeyEnv);
  return { url, key, mask: keyMask(key), retries, firstDelayMs, maxDelayMs, timeoutMs };
}

function keyFrom(env: Readonly<Record<string, string | undefined>>, name: string): string {
  const key = env[name]?.trim() ?? '';
  if (key === '') {
    throw new ConfigError(`the environment variable ${name} is not set, and the judge's key is to be read from it`, {
      where: 'judge openai apiKeyEnv',
      hint: `export ${name}=… in the shell that runs this, or leave apiKeyEnv out if the endpoint needs no key`,
    });
  }
  // The request would fail with a message that quotes the value.
  if (!/^[\x21-\x7e]+$/u.test(key)) {
    throw new ConfigError(`the environment variable ${name} holds white space or characters that no key has`, {
      where: 'judge openai apiKeyEnv',
      hint: 'set it to the key alone',
    });
  }
  return key;
}

function hasSecretPart(text: string): boolean {
  const { username, password, search, hash } = new URL(text);
  return username !== '' || password !== '' || search !== '' || hash !== '';
}
