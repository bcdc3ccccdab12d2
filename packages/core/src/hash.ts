import { createHash, hash as hashAtOnce } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { asFileError } from './atomic-file.ts';
import { InternalError } from './errors.ts';

/** SHA-256 as lower-case hexadecimal. */
export function sha256(data: string | Uint8Array): string {
  return hashAtOnce('sha256', data, 'hex');
}

/**
 * SHA-256 of a file's bytes, streamed.
 * @throws {FileError} if the file cannot be read.
 */
export async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(path), hash);
  } catch (error) {
    throw asFileError(error, path, 'read');
  }
  return hash.digest('hex');
}

/**
 * JSON with object keys sorted at every depth, without spaces: equal values give equal text.
 * As in JSON.stringify, undefined members are left out and a NaN or an infinity reads null.
 * @throws {InternalError} if the value itself has no JSON text (undefined, a function).
 */
export function canonicalJson(value: unknown): string {
  const text: string | undefined = JSON.stringify(value, (_, member: unknown) =>
    member !== null && typeof member === 'object' && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
      : member,
  );
  if (text === undefined) throw new InternalError(`a value of type ${typeof value} has no JSON text`, { where: 'core/canonicalJson' });
  return text;
}

/** SHA-256 of a value's canonical JSON. */
export function hashOfValue(value: unknown): string {
  return sha256(canonicalJson(value));
}
