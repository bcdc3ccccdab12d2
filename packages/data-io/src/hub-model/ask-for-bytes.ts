/** Silence after which a connection counts as broken. */
const STALL_MS = 60_000;

export interface FileRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly fetch: typeof fetch;
  readonly signal?: AbortSignal | undefined;
}

export interface Arrival {
  /** The server sends the file from its first byte on, whatever it was asked for. */
  readonly startsOver: boolean;
  /** @throws {ConnectionError} where it breaks. */
  readonly pieces: AsyncIterable<Uint8Array>;
}

/** What goes wrong between here and the server, in its own words; `cause` is what `fetch` hides behind them. */
export class ConnectionError extends Error {
  /** What the server answered, if that was not the file. */
  readonly statusCode: number | undefined;

  constructor(what: string, { statusCode, cause }: { statusCode?: number; cause?: unknown } = {}) {
    super(what, { cause });
    this.statusCode = statusCode;
  }

  /** Whether asking again changes nothing. */
  get isRefusal(): boolean {
    const { statusCode: status } = this;
    return status !== undefined && status < 500 && ![408, 416, 429].includes(status);
  }
}

/**
 * Asks for a file from byte `start` on, and closes the connection when what arrives was taken, or could not be.
 * @throws {ConnectionError} if it breaks, or is silent for a minute, or the server refuses; and what `take` throws.
 */
export async function askForBytes(start: number, request: FileRequest, take: (arrival: Arrival) => Promise<void>): Promise<void> {
  const { url, headers, fetch: send, signal } = request;
  const connection = new AbortController();
  const timer = setTimeout(() => connection.abort(new Error('nothing arrived for a minute')), STALL_MS);
  const either = signal === undefined ? connection.signal : AbortSignal.any([connection.signal, signal]);
  const range = start > 0 ? { range: `bytes=${start}-` } : {};
  try {
    const options = { headers: { ...headers, ...range, 'accept-encoding': 'identity' }, signal: either };
    const { ok, status, headers: told, body } = await send(url, options).catch(asConnectionError);
    if (!ok || body === null) throw new ConnectionError(`the Hub answered ${status}`, { statusCode: status });
    const startsOver = status !== 206;
    if (!startsOver && told.get('content-range')?.startsWith(`bytes ${start}-`) !== true)
      throw new ConnectionError('the server sends another part of the file than it was asked for');
    await take({ startsOver, pieces: piecesOf(body, () => timer.refresh()) });
  } finally {
    clearTimeout(timer);
    connection.abort();
  }
}

async function* piecesOf(body: ReadableStream<Uint8Array>, onPiece: () => void): AsyncGenerator<Uint8Array> {
  const reader = body.getReader();
  for (;;) {
    const { done, value } = await reader.read().catch(asConnectionError);
    if (done) return;
    onPiece();
    yield value;
  }
}

function asConnectionError(error: unknown): never {
  const { message, cause } = error as Error;
  throw new ConnectionError(message, { cause });
}
