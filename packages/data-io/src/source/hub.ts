import { FileError, PharmacistError, throwIfAborted } from '@pharmacist/core';
import type { ByteStream } from './byte-stream.ts';
import { hubEndpoint, type HubOptions, hubToken } from './hub-settings.ts';
import { formatHubName, type HubName } from './source-name.ts';

const MAX_README_BYTES = 4 * 2 ** 20;

/** What is asked of the Hub, and how. */
type HubRequest = Omit<HubName, 'kind' | 'path'>;

/**
 * Opens a file of a data set on the Hub.
 * @throws {FileError} if it does not exist or may not be read, or the Hub cannot be reached.
 */
export async function openHubFile(name: Omit<HubName, 'kind'>, options: HubOptions): Promise<{ numBytes: number; stream: ByteStream }> {
  const where = formatHubName(name);
  const { downloadFile } = await import('@huggingface/hub');
  const blob = await asked(
    where,
    options,
    async () => await downloadFile({ ...(await parametersOf(name, options)), path: encodePath(name.path) }),
  );
  if (blob === null) throw new FileError('does not exist on the Hub', { where, hint: 'check the path and the revision' });
  const { size } = blob;
  return { numBytes: size, stream: wholeStream(blob.stream(), size, where, options) };
}

/**
 * The commit that a revision names now, so that all files of one reading are of one state.
 * @throws {FileError} as `openHubFile` does.
 */
export async function commitOf(name: HubRequest, options: HubOptions): Promise<string> {
  const { datasetInfo } = await import('@huggingface/hub');
  const { repo, ...parameters } = await parametersOf(name, options);
  const where = formatHubName({ ...name, path: '' });
  const { sha } = await asked(where, options, async () => await datasetInfo({ ...parameters, name: repo.name, additionalFields: ['sha'] }));
  if (typeof sha !== 'string' || sha === '')
    throw new FileError('has no commit that the Hub would name', { where, hint: 'name the revision: @<commit>' });
  return sha;
}

/** Paths of all files of a data set. @throws {FileError} as `openHubFile` does. */
export async function listHubFiles(name: HubRequest, options: HubOptions): Promise<string[]> {
  const { listFiles } = await import('@huggingface/hub');
  return await asked(formatHubName({ ...name, path: '' }), options, async () => {
    const paths: string[] = [];
    for await (const { type, path } of listFiles({ ...(await parametersOf(name, options)), recursive: true }))
      if (type === 'file') paths.push(path);
    return paths;
  });
}

/** A small text file of a data set. @throws {FileError} as `openHubFile` does. */
export async function readHubText(name: Omit<HubName, 'kind'>, options: HubOptions): Promise<string> {
  const { numBytes, stream } = await openHubFile(name, options);
  if (numBytes > MAX_README_BYTES)
    throw new FileError(`has ${numBytes} bytes, too many for a description`, {
      where: formatHubName(name),
      hint: 'name the files of rows themselves',
    });
  const pieces: Uint8Array[] = [];
  for await (const piece of stream) pieces.push(piece);
  return Buffer.concat(pieces).toString('utf8');
}

async function parametersOf({ repo, revision }: HubRequest, options: HubOptions) {
  const accessToken = await hubToken(options);
  return {
    repo: { type: 'dataset' as const, name: repo },
    hubUrl: hubEndpoint(options),
    ...(revision === undefined ? {} : { revision }),
    ...fetchOf(options),
    ...(accessToken === undefined ? {} : { accessToken }),
  };
}

/** The library takes no signal, but a `fetch`. */
export function fetchOf({ fetch: own, signal }: HubOptions): { fetch?: typeof fetch } {
  if (signal === undefined) return own === undefined ? {} : { fetch: own };
  const send = own ?? fetch;
  return { fetch: async (input, init) => await send(input, { ...init, signal }) };
}

/** The library puts paths into addresses as they are. */
function encodePath(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}

async function asked<T>(where: string, { signal }: HubOptions, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    throwIfAborted(signal);
    throw hubError(error, where);
  }
}

async function* wholeStream(
  stream: ReadableStream<Uint8Array>,
  numBytes: number,
  source: string,
  { signal }: HubOptions,
): AsyncGenerator<Uint8Array> {
  let received = 0;
  try {
    for await (const piece of stream as ReadableStream<Uint8Array> & ByteStream) {
      received += piece.length;
      yield piece;
    }
  } catch (error) {
    throwIfAborted(signal);
    throw hubError(error, source);
  }
  if (received !== numBytes) {
    throw new FileError(`the download ended after ${received} of ${numBytes} bytes`, { where: source, hint: 'run the command again' });
  }
}

/** What the library or `fetch` throws, as a message that names the file or repository. */
export function hubError(error: unknown, where: string): PharmacistError {
  if (error instanceof PharmacistError) return error;
  const status = (error as { statusCode?: unknown } | null)?.statusCode;
  const [what, hint] =
    status === 401 || status === 403
      ? [
          'does not exist on the Hub, or may not be read without a token that has access',
          'check the name; if it is private or gated set HF_TOKEN, or log in with `hf auth login`',
        ]
      : status === 404
        ? ['does not exist on the Hub', 'check owner, name, revision and path']
        : status === 429
          ? ['was asked for too often: the Hub refuses for now', 'wait some minutes, or set HF_TOKEN: it raises the limit']
          : typeof status === 'number'
            ? [`cannot be downloaded: the Hub answered ${status}`, 'try again later, or download the files and name them instead']
            : [`cannot be downloaded (${reasonOf(error)})`, 'check the network, or download the files and name them instead'];
  return new FileError(what, { where, hint, cause: error });
}

/** What `fetch` hides behind "fetch failed". */
function reasonOf(error: unknown): string {
  const { message, cause } = error as Error & { cause?: { code?: string; message?: string } };
  const inner = cause?.code ?? cause?.message;
  return inner === undefined ? message : `${message}: ${inner}`;
}
