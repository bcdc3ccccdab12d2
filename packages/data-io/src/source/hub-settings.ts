import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { asFileError, ConfigError } from '@pharmacist/core';

type Environment = Readonly<Record<string, string | undefined>>;

/** How to reach the Hugging Face Hub; everything has a default. */
export interface HubOptions {
  /** Takes the place of the global `fetch`. */
  fetch?: typeof fetch;
  hubUrl?: string;
  /** Needed for private and gated data sets only. */
  accessToken?: string;
  /** Holds HF_TOKEN, HF_HOME and the like; the process's own by default. */
  env?: Environment;
  signal?: AbortSignal;
}

/** Address of the Hub: HF_ENDPOINT, or huggingface.co. */
export function hubEndpoint({ hubUrl, env = process.env }: HubOptions): string {
  const url = hubUrl ?? nonEmpty(env['HF_ENDPOINT']) ?? 'https://huggingface.co';
  if (!/^https?:\/\//.test(url) || !URL.canParse(url))
    throw new ConfigError(`"${url}" is not an address`, { where: 'HF_ENDPOINT', hint: 'write https://host, or unset it' });
  return url.replace(/\/+$/, '');
}

/** True if HF_HUB_OFFLINE says that only what was downloaded before may be read. */
export function isOffline({ env = process.env }: HubOptions): boolean {
  return isTrue(env['HF_HUB_OFFLINE']) || isTrue(env['HF_DATASETS_OFFLINE']);
}

/** Where huggingface_hub keeps what it downloaded: HF_HUB_CACHE, or `hub` in HF_HOME. */
export function hubCache({ env = process.env }: HubOptions): string {
  return expand(nonEmpty(env['HF_HUB_CACHE']) ?? nonEmpty(env['HUGGINGFACE_HUB_CACHE']) ?? join(hubHome(env), 'hub'));
}

/**
 * The access token, as huggingface_hub finds it: HF_TOKEN, else the file that `hf auth login` wrote. Undefined without one.
 * @throws {ConfigError} if it has not the form of a token; {FileError} if the file cannot be read.
 */
export async function hubToken({ accessToken, env = process.env }: HubOptions): Promise<string | undefined> {
  if (accessToken !== undefined) return accessToken;
  const fromEnv = clean(env['HF_TOKEN']) ?? clean(env['HUGGING_FACE_HUB_TOKEN']);
  if (fromEnv !== undefined) return checked(fromEnv, 'HF_TOKEN');
  if (isTrue(env['HF_HUB_DISABLE_IMPLICIT_TOKEN'])) return undefined;
  const path = expand(nonEmpty(env['HF_TOKEN_PATH']) ?? join(hubHome(env), 'token'));
  try {
    const token = clean(await readFile(path, 'utf8'));
    return token === undefined ? undefined : checked(token, path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw asFileError(error, path, 'read');
  }
}

function hubHome(env: Environment): string {
  return expand(nonEmpty(env['HF_HOME']) ?? join(nonEmpty(env['XDG_CACHE_HOME']) ?? '~/.cache', 'huggingface'));
}

/** The token itself is never part of a message. */
function checked(token: string, where: string): string {
  if (/^hf_[\x21-\x7e]+$/.test(token)) return token;
  throw new ConfigError('holds no token of the Hub: one begins with hf_', {
    where,
    hint: 'set it to a token from huggingface.co/settings/tokens, or unset it: public data sets need none',
  });
}

function clean(text: string | undefined): string | undefined {
  return nonEmpty(text?.replaceAll(/[\r\n]/g, '').trim());
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}

function isTrue(text: string | undefined): boolean {
  return /^(?:1|on|yes|true)$/i.test(text ?? '');
}

function expand(path: string): string {
  return /^~(?=\/|$)/.test(path) ? join(homedir(), path.slice(1)) : path;
}
