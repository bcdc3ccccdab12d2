import { ConfigError, FileError } from '@pharmacist/core';
import type { ByteStream } from './byte-stream.ts';

/** How to reach the Hugging Face Hub; everything has a default. */
export interface HubOptions {
  /** Takes the place of the global `fetch`. */
  fetch?: typeof fetch;
  hubUrl?: string;
  /** Needed for private and gated data sets only. */
  accessToken?: string;
}

export const HUB_PREFIX = 'hf://';

/** `hf://datasets/owner/name@revision/folder/file.parquet`, the revision optional. @throws {ConfigError} for any other form. */
function parseHubSource(source: string): { repo: string; revision: string | undefined; path: string } {
  const match = /^hf:\/\/datasets\/([^/@]+\/[^/@]+)(?:@([^/]+))?\/(.+)$/.exec(source);
  if (match === null) {
    throw new ConfigError('is not a file of a data set on the Hub', { where: source, hint: 'write hf://datasets/<owner>/<name>/<file>' });
  }
  return { repo: match[1]!, revision: match[2] === undefined ? undefined : decodeURIComponent(match[2]), path: match[3]! };
}

/**
 * Opens a file of a data set on the Hub.
 * @throws {FileError} if it does not exist or may not be read, or the Hub cannot be reached.
 */
export async function openHubFile(source: string, options: HubOptions): Promise<{ numBytes: number; stream: ByteStream }> {
  const { repo, revision, path } = parseHubSource(source);
  const { downloadFile } = await import('@huggingface/hub');
  let blob: Blob | null;
  try {
    blob = await downloadFile({
      repo: { type: 'dataset', name: repo },
      path,
      ...(revision === undefined ? {} : { revision }),
      ...(options.fetch === undefined ? {} : { fetch: options.fetch }),
      ...(options.hubUrl === undefined ? {} : { hubUrl: options.hubUrl }),
      ...(options.accessToken === undefined ? {} : { accessToken: options.accessToken }),
    });
  } catch (error) {
    throw hubError(error, source);
  }
  if (blob === null) throw new FileError('does not exist on the Hub', { where: source, hint: 'check the path and the revision' });
  const { size } = blob;
  return { numBytes: size, stream: wholeStream(blob.stream(), size, source) };
}

async function* wholeStream(stream: ReadableStream<Uint8Array>, numBytes: number, source: string): AsyncGenerator<Uint8Array> {
  let received = 0;
  try {
    for await (const piece of stream as ReadableStream<Uint8Array> & ByteStream) {
      received += piece.length;
      yield piece;
    }
  } catch (error) {
    throw hubError(error, source);
  }
  if (received !== numBytes) {
    throw new FileError(`the download ended after ${received} of ${numBytes} bytes`, { where: source, hint: 'run the command again' });
  }
}

function hubError(error: unknown, source: string): FileError {
  const status = (error as { statusCode?: unknown } | null)?.statusCode;
  const [what, hint] =
    status === 401 || status === 403
      ? ['may not be read without a token that has access', 'check the name; for a private or gated data set pass an access token']
      : status === 404
        ? ['does not exist on the Hub', 'check owner, name, revision and path']
        : [`cannot be downloaded (${(error as Error).message})`, 'check the network, or download the file and name it instead'];
  return new FileError(what, { where: source, hint, cause: error });
}
