import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

const KEYS = { AWS_ACCESS_KEY_ID: 'AKIDLOOPBACK', AWS_SECRET_ACCESS_KEY: 'secret-of-the-test' };

/** A small object store on this machine: what `ObjectStore` asks of one, with conditions, and with faults on request. */
export class LoopbackStore {
  readonly objects = new Map<string, Buffer>();
  /** Requests so far, `METHOD path`. */
  readonly requests: string[] = [];
  /** Breaks off this many downloads after half of what was asked for. */
  breaks = 0;
  /** Answers this many requests with this status and code first. */
  faults: { status: number; code: string; times: number } | undefined;
  /** Called before each answer, as if others wrote meanwhile. */
  onRequest: ((request: string) => void) | undefined;
  pageSize = 1000;
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(bucket = 'rows'): Promise<LoopbackStore> {
    const server = createServer((request, response) => {
      void store.#answer(request, response, bucket).catch(() => response.destroy());
    });
    const store = new LoopbackStore(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return store;
  }

  /** What a process needs in its environment to use it. */
  get env(): Record<string, string> {
    return { ...KEYS, AWS_ENDPOINT_URL_S3: `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}` };
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse, bucket: string): Promise<void> {
    const url = new URL(request.url!, 'http://store');
    const named = `${request.method} ${decodeURIComponent(url.pathname)}`;
    this.requests.push(named);
    this.onRequest?.(named);
    const body = await bytesOf(request);
    const refuse = (status: number, code: string) => {
      response.writeHead(status, { 'content-type': 'application/xml' });
      response.end(request.method === 'HEAD' ? undefined : `<Error><Code>${code}</Code><Message>${code}</Message></Error>`);
    };
    if (this.faults !== undefined && this.faults.times-- > 0) return refuse(this.faults.status, this.faults.code);
    const { authorization = '' } = request.headers;
    if (!authorization.includes(`Credential=${KEYS.AWS_ACCESS_KEY_ID}/`)) return refuse(403, 'InvalidAccessKeyId');
    const [, inBucket, ...rest] = decodeURIComponent(url.pathname).split('/');
    if (inBucket !== bucket) return refuse(404, 'NoSuchBucket');
    const key = rest.join('/');
    if (key === '' && request.method === 'GET') return this.#list(url, response);
    const found = this.objects.get(key);
    switch (request.method as string) {
      case 'PUT': {
        const { 'if-none-match': none, 'if-match': match } = request.headers;
        if (none === '*' && found !== undefined) return refuse(412, 'PreconditionFailed');
        if (match !== undefined && found === undefined) return refuse(404, 'NoSuchKey');
        if (match !== undefined && match !== etagOf(found!)) return refuse(412, 'PreconditionFailed');
        this.objects.set(key, body);
        response.writeHead(200, { etag: etagOf(body) });
        response.end();
        return;
      }
      case 'DELETE':
        this.objects.delete(key);
        response.writeHead(204);
        response.end();
        return;
      default:
        if (found === undefined) return refuse(404, 'NoSuchKey');
        this.#get(found, request, response, refuse);
    }
  }

  #get(found: Buffer, { headers }: IncomingMessage, response: ServerResponse, refuse: (status: number, code: string) => void): void {
    if (headers['if-match'] !== undefined && headers['if-match'] !== etagOf(found)) return refuse(412, 'PreconditionFailed');
    const start = Number(/^bytes=(\d+)-$/u.exec(headers.range ?? '')?.[1] ?? 0);
    const part = found.subarray(start);
    const range = start > 0 && { 'content-range': `bytes ${start}-${found.length - 1}/${found.length}` };
    response.writeHead(start > 0 ? 206 : 200, { 'content-length': part.length, etag: etagOf(found), ...range });
    if (this.breaks > 0) {
      this.breaks--;
      response.write(part.subarray(0, Math.ceil(part.length / 2)), () => response.destroy());
    } else response.end(part);
  }

  #list(url: URL, response: ServerResponse): void {
    const prefix = url.searchParams.get('prefix') ?? '';
    const after = url.searchParams.get('continuation-token') ?? '';
    const keys = [...this.objects.keys()].filter((key) => key.startsWith(prefix) && key > after).toSorted();
    const page = keys.slice(0, this.pageSize);
    const more =
      keys.length > page.length ? `<IsTruncated>true</IsTruncated><NextContinuationToken>${page.at(-1)}</NextContinuationToken>` : '';
    const contents = page.map((key) => `<Contents><Key>${key}</Key></Contents>`).join('');
    response.writeHead(200, { 'content-type': 'application/xml' });
    response.end(`<ListBucketResult>${contents}${more}</ListBucketResult>`);
  }
}

export function etagOf(bytes: Buffer): string {
  return `"${createHash('md5').update(bytes).digest('hex')}"`;
}

async function bytesOf(request: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}
