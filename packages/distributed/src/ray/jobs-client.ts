import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { z } from 'zod';
import { ExecutorError } from '../executor-error.ts';

export interface JobsAddress {
  /** `http://host:8265`, of the dashboard. */
  readonly address: string;
  readonly token: string;
}

export interface JobRequest {
  readonly id: string;
  readonly entrypoint: string;
  /** Of an uploaded package; the job starts in what is in it. */
  readonly packageUri: string;
  readonly metadata: Readonly<Record<string, string>>;
}

const jobSchema = z.object({ status: z.string(), message: z.string().nullish() });
const logsSchema = z.object({ logs: z.string().nullish() });

/** What Ray says a job has come to, when it is over. */
export type JobEnd = 'SUCCEEDED' | 'FAILED' | 'STOPPED';
const ENDS = new Set<string>(['SUCCEEDED', 'FAILED', 'STOPPED'] satisfies JobEnd[]);

export interface JobState {
  /** Undefined while it is waiting or at work. */
  readonly end: JobEnd | undefined;
  readonly message: string;
}

interface Reply {
  readonly status: number;
  readonly text: string;
}

const TIMEOUT_MS = 60_000;
/** Log of a job that is read at most. */
const MAX_REPLY_BYTES = 256 * 2 ** 20;
/** How often a request is made again whose connection broke: the head may be restarting. */
const TRIES = 4;

/**
 * Ray's Jobs REST API (docs.ray.io, "Ray Jobs REST API"). Every request carries the token. By node:http and not fetch: fetch says
 * `Sec-Fetch-Mode`, and Ray refuses PUT and POST of what looks like a browser.
 */
export class JobsClient {
  readonly #address: string;
  readonly #token: string;

  constructor({ address, token }: JobsAddress) {
    this.#address = address.replace(/\/+$/u, '');
    this.#token = token;
  }

  /** Whether a package is there. */
  async hasPackage(name: string): Promise<boolean> {
    const reply = await this.#send('GET', `/api/packages/gcs/${name}`);
    if (reply.status === 404) return false;
    this.#expect(reply, 'looking for the driver');
    return true;
  }

  async putPackage(name: string, bytes: Buffer): Promise<void> {
    this.#expect(await this.#send('PUT', `/api/packages/gcs/${name}`, bytes), 'sending the driver');
  }

  /** @returns false if a job of this id is there already. */
  async submit({ id, entrypoint, packageUri, metadata }: JobRequest): Promise<boolean> {
    const body = { submission_id: id, entrypoint, runtime_env: { working_dir: packageUri }, metadata };
    const reply = await this.#send('POST', '/api/jobs/', Buffer.from(JSON.stringify(body)), 'application/json');
    if (reply.status >= 400 && (await this.state(id)) !== undefined) return false;
    this.#expect(reply, 'sending the job');
    return true;
  }

  /** Undefined if there is no such job. */
  async state(id: string): Promise<JobState | undefined> {
    const reply = await this.#send('GET', `/api/jobs/${id}`);
    if (reply.status === 404) return undefined;
    this.#expect(reply, 'asking for the job');
    const { status, message } = this.#parse(jobSchema, reply, 'asking for the job');
    return { end: ENDS.has(status) ? (status as JobEnd) : undefined, message: message ?? '' };
  }

  /** All that the job has printed. */
  async logs(id: string): Promise<string> {
    const reply = await this.#send('GET', `/api/jobs/${id}/logs`);
    this.#expect(reply, 'reading the job’s log');
    return this.#parse(logsSchema, reply, 'reading the job’s log').logs ?? '';
  }

  /** Asks for the job's end. */
  async stop(id: string): Promise<void> {
    this.#expect(await this.#send('POST', `/api/jobs/${id}/stop`), 'cancelling the job');
  }

  /** Whether someone without a token is answered. */
  async isOpen(): Promise<boolean> {
    const { status } = await this.#once('GET', '/api/jobs/', { isAnonymous: true });
    return status < 400;
  }

  #expect({ status, text }: Reply, action: string): void {
    if (status < 300) return;
    const where = this.#address;
    if (status === 401 || status === 403) {
      const hint = 'set RAY_AUTH_TOKEN to the token that the cluster was started with';
      throw new ExecutorError(`the cluster refuses the token (status ${status}, ${action})`, { where, hint });
    }
    const hint = 'see that the address is that of the cluster’s dashboard, and what its log says';
    throw new ExecutorError(`the cluster answered with status ${status} (${action}): ${text.trim().slice(-500)}`, { where, hint });
  }

  #parse<T>(schema: z.ZodType<T>, { text }: Reply, action: string): T {
    try {
      return schema.parse(JSON.parse(text));
    } catch (cause) {
      throw new ExecutorError(`the cluster answered with something else than asked for (${action}): ${text.slice(0, 200)}`, {
        where: this.#address,
        hint: 'see that the address is that of the cluster’s dashboard',
        cause,
      });
    }
  }

  async #send(method: string, path: string, body?: Buffer, contentType?: string): Promise<Reply> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#once(method, path, { body, contentType });
      } catch (error) {
        if (attempt < TRIES && !(error instanceof ExecutorError)) {
          await new Promise((resolve) => setTimeout(resolve, 500 * 2 ** attempt));
          continue;
        }
        if (error instanceof ExecutorError) throw error;
        throw new ExecutorError(`cannot be reached: ${(error as Error).message || (error as NodeJS.ErrnoException).code}`, {
          where: this.#address,
          hint: 'see that the cluster is up and the address that of its dashboard, http://HOST:8265',
          cause: error,
        });
      }
    }
  }

  async #once(
    method: string,
    path: string,
    { body, contentType, isAnonymous = false }: { body?: Buffer | undefined; contentType?: string | undefined; isAnonymous?: boolean },
  ): Promise<Reply> {
    const url = new URL(this.#address + path);
    const headers = {
      ...(!isAnonymous && { authorization: `Bearer ${this.#token}` }),
      ...(contentType !== undefined && { 'content-type': contentType }),
      'content-length': String(body?.length ?? 0),
    };
    return await new Promise((resolve, reject) => {
      const request = (url.protocol === 'https:' ? httpsRequest : httpRequest)(url, { method, headers, timeout: TIMEOUT_MS });
      request.on('response', (response) => {
        const pieces: Buffer[] = [];
        let numBytes = 0;
        response.on('data', (piece: Buffer) => {
          numBytes += piece.length;
          if (numBytes > MAX_REPLY_BYTES) request.destroy(new ExecutorError('the cluster’s answer has no end', { where: this.#address }));
          else pieces.push(piece);
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text: Buffer.concat(pieces).toString('utf8') }));
        response.on('error', reject);
      });
      request.on('timeout', () => request.destroy(new Error(`no answer within ${TIMEOUT_MS / 1000} s`)));
      request.on('error', reject);
      request.end(body);
    });
  }
}
