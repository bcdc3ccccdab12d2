import { setTimeout } from 'node:timers/promises';
import { FileError } from '@pharmacist/core';
import type { S3Client } from '@aws-sdk/client-s3';
import type { ByteStream } from '../source/byte-stream.ts';
import { formatObjectName, type ObjectName } from './object-name.ts';
import { asStoreError, isAbsent, isRefusedByCondition } from './store-error.ts';
import { type Environment, storeSettings } from './store-settings.ts';

/** A whole object, and the tag of this state of it. */
export interface StoredObject {
  readonly bytes: Uint8Array;
  readonly etag: string;
}

/** What must hold for an object to be written: that there is none, or that it is in this state still. */
export type WriteCondition = { readonly ifNoneMatch: '*' } | { readonly ifMatch: string };

export interface StoreOptions {
  readonly env?: Environment | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** An object, or the rest of it, on its way. */
interface Transfer {
  readonly body: AsyncIterable<Uint8Array>;
  readonly etag: string;
  /** Of the whole object. */
  readonly numBytes: number;
}

/** How often a transfer that was interrupted goes on before it is given up. */
const RESUMES = 5;
const RESUME_MS = 200;

/** Objects of an S3 store. Requests that fail on the way are repeated by the client; what a person is told is a FileError. */
export class ObjectStore {
  readonly #client: S3Client;
  readonly #sdk: typeof import('@aws-sdk/client-s3');
  readonly #settings: ReturnType<typeof storeSettings>;
  readonly #signal: AbortSignal | undefined;

  private constructor(parts: {
    client: S3Client;
    sdk: typeof import('@aws-sdk/client-s3');
    settings: ReturnType<typeof storeSettings>;
    signal: AbortSignal | undefined;
  }) {
    this.#client = parts.client;
    this.#sdk = parts.sdk;
    this.#settings = parts.settings;
    this.#signal = parts.signal;
  }

  /** @param where name that is asked for, for messages. @throws {ConfigError} if the environment has no keys. */
  static async open(where: string, { env = process.env, signal }: StoreOptions = {}): Promise<ObjectStore> {
    const settings = storeSettings(env, where);
    // Amazon's own client (Apache-2.0, 22 MB with what it needs) is loaded for such names alone. Smaller ones have no keys that expire, or no conditions.
    const sdk = await import('@aws-sdk/client-s3');
    const { region, endpoint, credentials } = settings;
    const client = quietly(
      () =>
        new sdk.S3Client({
          region,
          credentials,
          maxAttempts: 4,
          retryMode: 'standard',
          // Other stores do not know every sum that Amazon's can check.
          requestChecksumCalculation: 'WHEN_REQUIRED',
          responseChecksumValidation: 'WHEN_REQUIRED',
          ...(endpoint !== undefined && { endpoint, forcePathStyle: true }),
        }),
    );
    return new ObjectStore({ client, sdk, settings, signal });
  }

  /**
   * An object as a stream: where the transfer is interrupted it goes on behind what came, of the same state of the object.
   * @throws {FileError} if it is not there or may not be read; of the stream, if it changes meanwhile or the transfer breaks off again and again.
   */
  async stream(name: ObjectName): Promise<{ stream: ByteStream; numBytes: number }> {
    const first = await this.#get(name);
    return { numBytes: first.numBytes, stream: this.#resumed(name, first) };
  }

  /** A whole object; undefined if there is none. @throws {FileError} */
  async read(name: ObjectName): Promise<StoredObject | undefined> {
    let first: Transfer;
    try {
      first = await this.#getRaw(name);
    } catch (error) {
      if (isAbsent(error)) return undefined;
      throw this.#asError(error, name, 'read');
    }
    const pieces: Uint8Array[] = [];
    for await (const piece of this.#resumed(name, first)) pieces.push(piece);
    return { bytes: Buffer.concat(pieces), etag: first.etag };
  }

  /** Writes an object, whole or not at all. @returns its tag; undefined if the condition does not hold, and nothing was written. @throws {FileError} */
  async write(name: ObjectName, bytes: Uint8Array, condition?: WriteCondition): Promise<string | undefined> {
    const conditions = condition && ('ifMatch' in condition ? { IfMatch: condition.ifMatch } : { IfNoneMatch: condition.ifNoneMatch });
    const command = new this.#sdk.PutObjectCommand({ Bucket: name.bucket, Key: name.key, Body: bytes, ...conditions });
    try {
      return (await this.#client.send(command, this.#abort())).ETag ?? '';
    } catch (error) {
      // What is to be replaced may be gone.
      if (condition !== undefined && (isRefusedByCondition(error) || ('ifMatch' in condition && isAbsent(error)))) return undefined;
      throw this.#asError(error, name, 'written');
    }
  }

  /** Removes an object; one that is not there is no error. @throws {FileError} */
  async remove(name: ObjectName): Promise<void> {
    try {
      await this.#client.send(new this.#sdk.DeleteObjectCommand({ Bucket: name.bucket, Key: name.key }), this.#abort());
    } catch (error) {
      if (!isAbsent(error)) throw this.#asError(error, name, 'written');
    }
  }

  /** Keys below a prefix, sorted, without those that stand for folders. @throws {FileError} */
  async list(prefix: ObjectName): Promise<string[]> {
    const keys: string[] = [];
    let ContinuationToken: string | undefined;
    do {
      const page = { Bucket: prefix.bucket, Prefix: prefix.key, ...(ContinuationToken !== undefined && { ContinuationToken }) };
      try {
        const found = await this.#client.send(new this.#sdk.ListObjectsV2Command(page), this.#abort());
        for (const { Key } of found.Contents ?? []) if (Key !== undefined && !Key.endsWith('/')) keys.push(Key);
        ContinuationToken = found.NextContinuationToken;
      } catch (error) {
        throw this.#asError(error, prefix, 'read');
      }
    } while (ContinuationToken !== undefined);
    return keys.toSorted();
  }

  async #get(name: ObjectName, from?: { start: number; etag: string }): Promise<Transfer> {
    try {
      return await this.#getRaw(name, from);
    } catch (error) {
      throw this.#asError(error, name, 'read');
    }
  }

  /** @throws what the client throws. */
  async #getRaw({ bucket, key }: ObjectName, from?: { start: number; etag: string }): Promise<Transfer> {
    const range = from && { Range: `bytes=${from.start}-`, ...(from.etag !== '' && { IfMatch: from.etag }) };
    const found = await this.#client.send(new this.#sdk.GetObjectCommand({ Bucket: bucket, Key: key, ...range }), this.#abort());
    const numBytes = (from?.start ?? 0) + (found.ContentLength ?? 0);
    return { body: found.Body as unknown as AsyncIterable<Uint8Array>, etag: found.ETag ?? '', numBytes };
  }

  async *#resumed(name: ObjectName, { body, etag, numBytes }: Transfer): AsyncGenerator<Uint8Array> {
    let received = 0;
    let part = body;
    for (let resumes = 0; ; resumes++) {
      let problem: unknown;
      try {
        for await (const piece of part) {
          received += piece.length;
          yield piece;
        }
      } catch (error) {
        problem = error;
      }
      if (received === numBytes) return;
      if (this.#signal?.aborted === true || resumes === RESUMES || received > numBytes) {
        if (this.#signal?.aborted === true) throw this.#asError(problem, name, 'read');
        throw new FileError(`the transfer broke off after ${received} of ${numBytes} bytes, ${resumes + 1} times`, {
          where: formatObjectName(name),
          hint: 'try again later',
          cause: problem,
        });
      }
      await setTimeout(RESUME_MS * 2 ** resumes);
      part = (await this.#get(name, { start: received, etag })).body;
    }
  }

  #asError(error: unknown, name: ObjectName, verb: 'read' | 'written'): Error {
    return asStoreError(error, name, { verb, settings: this.#settings, signal: this.#signal });
  }

  #abort(): { abortSignal?: AbortSignal } {
    return this.#signal ? { abortSignal: this.#signal } : {};
  }
}

const QUIET = 'AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED';

/** Without the client's words on standard error about later versions of its own, which are not this one: it asks the process's environment. */
function quietly<T>(make: () => T): T {
  const before = process.env[QUIET];
  process.env[QUIET] = 'true';
  try {
    return make();
  } finally {
    if (before === undefined) delete process.env[QUIET];
    else process.env[QUIET] = before;
  }
}
