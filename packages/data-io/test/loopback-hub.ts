import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll } from 'vitest';

export interface LoopbackOptions {
  /** Files of data sets, by `owner/name` and path. */
  datasets: Record<string, Record<string, string | Uint8Array>>;
  /** Commit of every data set's branch main. */
  commit: string;
  /** Data sets that only this token may read. */
  private?: { names: readonly string[]; token: string };
  /** Anything else; answers by itself. */
  web?: (request: IncomingMessage, response: ServerResponse) => void;
}

/** A server on this machine that answers as the Hub does, for one test file; returns its address, and what it was asked for so far. */
export function loopbackHub(options: LoopbackOptions): { url: () => string; asked: string[] } {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.url} ${request.headers.authorization ?? ''}`.trim());
    if (!answerAsHub(options, request, response)) (options.web ?? notFound)(request, response);
  });
  beforeAll(async () => await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)));
  afterAll(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url: () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

function answerAsHub(options: LoopbackOptions, request: IncomingMessage, response: ServerResponse): boolean {
  const { pathname } = new URL(request.url!, 'http://127.0.0.1');
  const [, name, what, revision, path = ''] =
    /^(?:\/api)?\/datasets\/([^/]+\/[^/]+)\/(revision|tree|resolve)\/([^/?]+)\/?(.*)$/.exec(pathname) ?? [];
  if (name === undefined) return false;
  const files = options.datasets[name];
  const isLocked = options.private?.names.includes(name) === true && request.headers.authorization !== `Bearer ${options.private.token}`;
  // The Hub does not tell a data set that is not there from one that must not be seen.
  if (files === undefined || isLocked) response.writeHead(401).end('Unauthorized');
  else if (!['main', 'HEAD', options.commit].includes(revision!)) response.writeHead(404, { 'x-error-code': 'RevisionNotFound' }).end();
  else if (what === 'revision')
    sendJson(response, {
      _id: '1',
      id: name,
      sha: options.commit,
      private: false,
      gated: false,
      downloads: 0,
      likes: 0,
      lastModified: '2026-01-01T00:00:00.000Z',
    });
  else if (what === 'tree')
    sendJson(
      response,
      Object.keys(files).map((file) => ({ type: 'file', path: file, size: Buffer.byteLength(files[file]!), oid: '1' })),
    );
  else sendFile(files[decodeURIComponent(path)], request, response);
  return true;
}

function sendFile(contents: string | Uint8Array | undefined, request: IncomingMessage, response: ServerResponse): void {
  if (contents === undefined) {
    response.writeHead(404, { 'x-error-code': 'EntryNotFound' }).end();
    return;
  }
  const bytes = Buffer.from(contents);
  const range = /bytes=(\d+)-(\d+)/.exec(request.headers.range ?? '');
  const part = range === null ? bytes : bytes.subarray(Number(range[1]), Number(range[2]) + 1);
  response.writeHead(range === null ? 200 : 206, {
    etag: '"1"',
    'content-range': `bytes 0-0/${bytes.length}`,
    'content-length': part.length,
  });
  response.end(part);
}

function sendJson(response: ServerResponse, value: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}

function notFound(_: IncomingMessage, response: ServerResponse): void {
  response.writeHead(404).end('Not found');
}
