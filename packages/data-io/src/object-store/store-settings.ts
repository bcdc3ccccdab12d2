import { ConfigError } from '@pharmacist/core';

export type Environment = Readonly<Record<string, string | undefined>>;

/** How an object store is reached. */
export interface StoreSettings {
  readonly region: string;
  /** Undefined for Amazon's own. */
  readonly endpoint: string | undefined;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string; readonly sessionToken?: string };
}

/**
 * From the environment alone, under the names that every tool has for it: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and, for keys that expire,
 * AWS_SESSION_TOKEN; AWS_REGION; for a store that is not Amazon's AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL. Files in a home folder are not read.
 * @param where name that is asked for, for messages. @throws {ConfigError} without keys, and for an endpoint that is no address. No message holds a key.
 */
export function storeSettings(env: Environment, where: string): StoreSettings {
  const [accessKeyId, secretAccessKey] = [given(env['AWS_ACCESS_KEY_ID']), given(env['AWS_SECRET_ACCESS_KEY'])];
  if (accessKeyId === undefined || secretAccessKey === undefined) {
    const missing = accessKeyId === undefined ? 'AWS_ACCESS_KEY_ID' : 'AWS_SECRET_ACCESS_KEY';
    throw new ConfigError(`cannot be reached without keys: ${missing} is not set`, {
      where,
      hint: 'set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and AWS_SESSION_TOKEN if the keys expire, on every machine that works; `aws configure export-credentials --format env` prints them',
    });
  }
  const sessionToken = given(env['AWS_SESSION_TOKEN']);
  const endpoint = given(env['AWS_ENDPOINT_URL_S3']) ?? given(env['AWS_ENDPOINT_URL']);
  if (endpoint !== undefined && !(/^https?:\/\//u.test(endpoint) && URL.canParse(endpoint))) {
    throw new ConfigError(`"${endpoint}" is not an address`, { where: 'AWS_ENDPOINT_URL', hint: 'write https://host, or unset it' });
  }
  return {
    region: given(env['AWS_REGION']) ?? given(env['AWS_DEFAULT_REGION']) ?? 'us-east-1',
    endpoint,
    credentials: { accessKeyId, secretAccessKey, ...(sessionToken !== undefined && { sessionToken }) },
  };
}

function given(text: string | undefined): string | undefined {
  return text === undefined || text === '' ? undefined : text;
}
