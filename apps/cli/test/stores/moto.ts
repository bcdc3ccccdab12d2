import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const VERSION = '5.2.5';
const CACHE = fileURLToPath(new URL('../../node_modules/.cache/moto-venv', import.meta.url));

/** Folder of the programs of a virtual environment with moto's server: the one that PHARMACIST_MOTO_BIN names, or one made once from PyPI. */
function motoPrograms(): string {
  const given = process.env['PHARMACIST_MOTO_BIN'];
  if (given !== undefined) return given;
  const bin = join(CACHE, 'bin');
  if (existsSync(join(bin, 'moto_server'))) return bin;
  for (const argv of [
    ['python3', '-m', 'venv', CACHE],
    [join(bin, 'pip'), 'install', '--quiet', `moto[server,s3]==${VERSION}`],
  ]) {
    const { status, stderr } = spawnSync(argv[0]!, argv.slice(1), { encoding: 'utf8' });
    if (status !== 0) throw new Error(`${argv.join(' ')}: ${stderr}`);
  }
  return bin;
}

/** Somebody else's implementation of S3, on this machine alone. */
export class Moto {
  readonly env: Readonly<Record<string, string>>;
  readonly #server: ChildProcess;

  private constructor(server: ChildProcess, address: string) {
    this.#server = server;
    this.env = { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test', AWS_ENDPOINT_URL_S3: address };
  }

  /** A server with one empty bucket. */
  static async start(bucket: string): Promise<Moto> {
    const port = await freePort();
    const words = ['-H', '127.0.0.1', '-p', String(port)];
    const moto = new Moto(spawn(join(motoPrograms(), 'moto_server'), words, { stdio: 'ignore' }), `http://127.0.0.1:${port}`);
    for (let tries = 0; ; tries++) {
      const made = await fetch(`${moto.env['AWS_ENDPOINT_URL_S3']}/${bucket}`, { method: 'PUT' }).catch(() => undefined);
      if (made?.ok === true) return moto;
      if (tries > 600) throw new Error('moto_server does not answer');
      await setTimeout(200);
    }
  }

  async stop(): Promise<void> {
    this.#server.kill();
    if (this.#server.exitCode === null && this.#server.signalCode === null) await once(this.#server, 'exit');
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}
