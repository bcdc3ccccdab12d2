import { spawn, type ChildProcess } from 'node:child_process';
import { appendFileSync, mkdirSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname } from 'node:path';

interface DriverTask {
  readonly id: string;
  readonly argv: readonly [string, ...string[]];
  readonly after: readonly string[];
  readonly log: string;
}

interface Job {
  status: string;
  logs: string;
  readonly children: Set<ChildProcess>;
}

export const TOKEN = 'a token';

/** A server on loopback that answers as Ray's Jobs REST API does, and runs what the driver would. */
export class FakeJobs {
  readonly requests: string[] = [];
  readonly jobs = new Map<string, Job>();
  readonly packages = new Map<string, Buffer>();
  /** Tasks whose machine is lost the first so many times. */
  readonly lost = new Map<string, number>();
  /** Answers without a token too. */
  isOpen = false;
  /** Connections that break before they are answered. */
  numBroken = 0;
  #server: Server | undefined;

  async start(): Promise<string> {
    this.#server = createServer((request, response) => {
      const pieces: Buffer[] = [];
      request.on('data', (piece: Buffer) => pieces.push(piece));
      request.on('end', () => {
        const { method = '', url = '', headers } = request;
        this.requests.push(`${method} ${url}`);
        if (this.numBroken > 0) {
          this.numBroken--;
          request.socket.destroy();
          return;
        }
        if (!this.isOpen && headers.authorization !== `Bearer ${TOKEN}`) {
          response.writeHead(401).end('Unauthorized');
          return;
        }
        if ('sec-fetch-mode' in headers) {
          response.writeHead(403).end('browser');
          return;
        }
        const [status, body] = this.#answer(method, url, Buffer.concat(pieces));
        response.writeHead(status, { 'content-type': 'application/json' }).end(typeof body === 'string' ? body : JSON.stringify(body));
      });
    });
    await new Promise<void>((resolve) => this.#server!.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    for (const job of this.jobs.values()) for (const child of job.children) child.kill('SIGKILL');
    this.#server?.closeAllConnections();
    await new Promise((resolve) => this.#server?.close(resolve));
  }

  #answer(method: string, url: string, body: Buffer): [number, unknown] {
    const [, name] = /^\/api\/packages\/gcs\/(.+)$/u.exec(url) ?? [];
    if (name !== undefined) {
      if (method === 'PUT') this.packages.set(name, body);
      return this.packages.has(name) ? [200, ''] : [404, 'no such package'];
    }
    if (method === 'POST' && url === '/api/jobs/') return this.#submit(JSON.parse(String(body)) as Submission);
    if (method === 'GET' && url === '/api/jobs/') return [200, []];
    const [, id, action] = /^\/api\/jobs\/([^/]+)(?:\/(logs|stop))?$/u.exec(url) ?? [];
    const job = this.jobs.get(id ?? '');
    if (job === undefined) return [404, `Job ${id} does not exist`];
    if (action === 'logs') return [200, { logs: job.logs }];
    if (action !== 'stop') return [200, { status: job.status, message: `the job is ${job.status}` }];
    job.status = 'STOPPED';
    for (const child of job.children) child.kill('SIGKILL');
    return [200, { stopped: true }];
  }

  #submit({ submission_id: id, runtime_env: { working_dir: uri } }: Submission): [number, unknown] {
    if (this.jobs.has(id)) return [500, `Job with submission_id ${id} already exists`];
    const job: Job = { status: 'RUNNING', logs: 'a line that somebody else printed\n', children: new Set() };
    this.jobs.set(id, job);
    const files = this.packages.get(uri.replace('gcs://', ''))!;
    void this.#drive(job, JSON.parse(storedFile(files, 'tasks.json')) as DriverForm).then(() => {
      if (job.status === 'RUNNING') job.status = 'SUCCEEDED';
    });
    return [200, { submission_id: id, job_id: null }];
  }

  /** What assets/ray_driver.py does, one task after the other. */
  async #drive(job: Job, spec: DriverForm): Promise<void> {
    const say = (event: object) => void (job.logs += `pharmacist ${JSON.stringify(event)}\n`);
    const run = async ([program, ...args]: readonly [string, ...string[]]) => {
      const child = spawn(program, args, { cwd: spec.cwd, stdio: ['ignore', 'pipe', 'pipe'] });
      job.children.add(child);
      let output = '';
      for (const stream of [child.stdout, child.stderr]) stream.on('data', (piece) => (output += String(piece)));
      const code = await new Promise<number | null>((resolve) => child.once('close', (status) => resolve(status)));
      job.children.delete(child);
      return { code, output };
    };
    say({ event: 'begin', ray: 'fake', python: 'none' });
    if (spec.probe !== undefined) {
      say({ event: 'answer', node: 'fake', cpus: 2, gpus: 1, ...(await run(spec.probe)) });
    }
    const done = new Set<string>();
    for (const { id, argv, after, log } of spec.tasks ?? []) {
      if (job.status !== 'RUNNING') return;
      if (!after.every((before) => done.has(before))) continue;
      const lost = this.lost.get(id) ?? 0;
      for (let attempt = 1; attempt <= lost + 1; attempt++) say({ event: 'started', task: id, node: 'fake', attempt });
      const { code, output } = await run(argv);
      mkdirSync(dirname(log), { recursive: true });
      appendFileSync(log, output);
      say({ event: 'ended', task: id, code, problem: null, tail: output, node: 'fake', seconds: 0.5 });
      if (code === 0) done.add(id);
    }
    say({ event: 'end' });
  }
}

interface Submission {
  readonly submission_id: string;
  readonly runtime_env: { readonly working_dir: string };
}

interface DriverForm {
  readonly cwd: string;
  readonly tasks?: readonly DriverTask[];
  readonly probe?: readonly [string, ...string[]];
}

/** The text of a file that an archive holds as it is, going by its local header. */
function storedFile(archive: Buffer, name: string): string {
  for (let at = 0; archive.readUInt32LE(at) === 0x04034b50;) {
    const [size, nameLength] = [archive.readUInt32LE(at + 18), archive.readUInt16LE(at + 26)];
    const start = at + 30 + nameLength;
    if (archive.toString('utf8', at + 30, start) === name) return archive.toString('utf8', start, start + size);
    at = start + size;
  }
  throw new Error(`no ${name} in the archive`);
}
