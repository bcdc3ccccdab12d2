import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface HubModel {
  commit: string;
  /** Contents by path; from 1000 bytes on a file is kept as a large one. */
  files: Record<string, Buffer>;
  token?: string;
}

export interface ModelHub {
  readonly url: string;
  /** Method, path, range and authorization of every request. */
  readonly asked: string[];
  readonly models: Record<string, HubModel>;
  /** Bytes after which the next answers of a file break off. */
  readonly breaks: number[];
  close(): Promise<void>;
}

/** A server on this machine that speaks the Hub's API for models; large files are behind a redirection to another origin, as on the Hub. */
export async function startModelHub(models: Record<string, HubModel>): Promise<ModelHub> {
  const asked: string[] = [];
  const breaks: number[] = [];
  const store = await listen((request, response) => {
    note(asked, request, 'store');
    const [name, path] = decodeURIComponent(request.url!.slice(1)).split('|') as [string, string];
    sendFile(models[name]!.files[path]!, request, response, breaks.shift());
  });
  const hub = await listen((request, response) => {
    note(asked, request, 'hub');
    answer(models, store.url, request, response);
  });
  return { url: hub.url, asked, models, breaks, close: async () => void (await Promise.all([hub.close(), store.close()])) };
}

function note(asked: string[], { method, url, headers }: IncomingMessage, who: string): void {
  asked.push([who, method, url, headers.range, headers.authorization].filter((part) => part !== undefined).join(' '));
}

async function listen(
  handler: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<{ url: string; close: () => Promise<void> }> {
  const server = createServer(handler);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close };
}

function answer(models: Record<string, HubModel>, store: string, request: IncomingMessage, response: ServerResponse): void {
  const { pathname } = new URL(request.url!, 'http://hub');
  const [, name, what, revision, path] =
    /^\/api\/models\/([^/]+\/[^/]+)\/(revision|tree)\/([^/?]+)/.exec(pathname) ??
    /^\/([^/]+\/[^/]+)\/(resolve)\/([^/]+)\/(.+)$/.exec(pathname) ??
    [];
  const model = models[name ?? ''];
  if (model === undefined || (model.token !== undefined && request.headers.authorization !== `Bearer ${model.token}`)) {
    response.writeHead(401, { 'x-error-code': 'RepoNotFound' }).end();
  } else if (revision !== 'main' && revision !== model.commit) response.writeHead(404, { 'x-error-code': 'RevisionNotFound' }).end();
  else if (what === 'revision')
    json(response, { _id: '1', id: name, sha: model.commit, private: false, gated: false, downloads: 0, likes: 0, lastModified: '2026-01-01T00:00:00.000Z' }); // prettier-ignore
  else if (what === 'tree') {
    json(response, Object.entries(model.files).map(([file, bytes]) => ({ type: 'file', path: file, size: bytes.length, oid: gitHash(bytes), ...(isLarge(bytes) && { lfs: { oid: hashOf(bytes), size: bytes.length, pointerSize: 130 } }) }))); // prettier-ignore
  } else if (isLarge(model.files[path!]!)) response.writeHead(302, { location: `${store}/${encodeURIComponent(`${name}|${path}`)}` }).end();
  else sendFile(model.files[path!]!, request, response, undefined);
}

function sendFile(bytes: Buffer, request: IncomingMessage, response: ServerResponse, breaksAfter: number | undefined): void {
  const start = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
  const part = bytes.subarray(start);
  response.writeHead(start > 0 ? 206 : 200, {
    'content-length': part.length,
    ...(start > 0 && { 'content-range': `bytes ${start}-${bytes.length - 1}/${bytes.length}` }),
  });
  if (breaksAfter === undefined) response.end(part);
  else response.write(part.subarray(0, breaksAfter), () => setTimeout(() => response.destroy(), 100));
}

function json(response: ServerResponse, value: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}

const isLarge = (bytes: Buffer) => bytes.length >= 1000;
export const hashOf = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
export const gitHash = (bytes: Buffer) => createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
