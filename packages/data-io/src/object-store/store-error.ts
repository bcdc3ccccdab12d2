import { FileError, InterruptedError } from '@pharmacist/core';
import { formatObjectName, type ObjectName } from './object-name.ts';
import type { StoreSettings } from './store-settings.ts';

/** What the client throws, as far as it is read here. */
export interface ServiceError extends Error {
  readonly $metadata?: { readonly httpStatusCode?: number };
  readonly code?: string;
  readonly cause?: { readonly code?: string };
}

export function statusOf(error: unknown): number | undefined {
  return (error as ServiceError).$metadata?.httpStatusCode;
}

/** Whether the object is not there, in a bucket that is. */
export function isAbsent(error: unknown): boolean {
  return statusOf(error) === 404 && (error as Error).name !== 'NoSuchBucket';
}

/** Whether the condition of a request did not hold, or another one for the same object was at it. */
export function isRefusedByCondition(error: unknown): boolean {
  return statusOf(error) === 412 || statusOf(error) === 409;
}

/** What the user is told. */
export function asStoreError(
  error: unknown,
  name: ObjectName,
  { verb, settings, signal }: { verb: 'read' | 'written'; settings: StoreSettings; signal?: AbortSignal | undefined },
): Error {
  if (error instanceof FileError) return error;
  if (signal?.aborted === true) return new InterruptedError();
  const { name: kind, message, code, cause } = error as ServiceError;
  const status = statusOf(error);
  const where = formatObjectName(name);
  const store = settings.endpoint ?? `Amazon S3, region ${settings.region}`;
  const failed = (what: string, hint: string) => new FileError(`cannot be ${verb}: ${what}`, { where, hint, cause: error });
  if (kind === 'NoSuchBucket')
    return failed(`there is no bucket "${name.bucket}" at ${store}`, 'check the bucket, AWS_REGION and AWS_ENDPOINT_URL');
  if (status === 404) return failed(`there is no such object at ${store}`, 'check the key');
  if (status === 301 || status === 307 || kind === 'PermanentRedirect') {
    return failed(`the bucket "${name.bucket}" is not in region ${settings.region}`, 'set AWS_REGION to the region of the bucket');
  }
  if (kind === 'ExpiredToken') return failed('the keys have expired', 'set new ones');
  if (kind === 'InvalidAccessKeyId' || kind === 'SignatureDoesNotMatch') {
    return failed(`${store} does not know these keys (${kind})`, 'check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY');
  }
  if (status === 401 || status === 403) {
    return failed(`${store} does not allow it with these keys (${status} ${kind})`, 'check what the keys may do with this bucket and key');
  }
  if (status === 412) return failed('it has changed since it was first looked at', 'give the command again, once nobody writes it');
  const reason = code ?? cause?.code ?? message;
  return failed(
    `${store} ${status === undefined ? `cannot be reached (${reason})` : `answers ${status} ${kind}`}`,
    'check AWS_ENDPOINT_URL and the network, or try again later',
  );
}
