import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Group, TwoMachines } from './two-machines.ts';

const VERSION = '2.60.0';
const CACHE = fileURLToPath(new URL('../../node_modules/.cache/ray-venv', import.meta.url));

/** Folder of the programs of a virtual environment with Ray: the one that PHARMACIST_RAY_BIN names, or one made once from PyPI. */
export function rayPrograms(): string {
  const given = process.env['PHARMACIST_RAY_BIN'];
  if (given !== undefined) return given;
  const bin = join(CACHE, 'bin');
  if (existsSync(join(bin, 'ray'))) return bin;
  for (const argv of [
    ['python3', '-m', 'venv', CACHE],
    [join(bin, 'pip'), 'install', '--quiet', `ray[default]==${VERSION}`],
  ]) {
    const { status, stderr } = spawnSync(argv[0]!, argv.slice(1), { encoding: 'utf8' });
    if (status !== 0) throw new Error(`${argv.join(' ')}: ${stderr}`);
  }
  return bin;
}

/** A head and a second node, each in a network of its own. */
export class RayCluster {
  readonly machines: TwoMachines;
  readonly address: string;
  readonly python: string;
  readonly env: Readonly<Record<string, string>>;
  readonly #dir: string;
  readonly #bin: string;
  #head: Group | undefined;
  #node: Group | undefined;

  private constructor(dir: string, bin: string) {
    this.#dir = dir;
    this.#bin = bin;
    this.machines = new TwoMachines();
    this.address = `http://${this.machines.addresses[0]}:8270`;
    this.python = join(bin, 'python');
    this.env = {
      RAY_AUTH_MODE: 'token',
      RAY_AUTH_TOKEN: randomBytes(24).toString('hex'),
      RAY_memory_monitor_refresh_ms: '0',
      // A node that does not answer is held lost after some seconds, not after most of a minute.
      RAY_health_check_initial_delay_ms: '2000',
      RAY_health_check_period_ms: '2000',
      RAY_health_check_timeout_ms: '2000',
      RAY_health_check_failure_threshold: '4',
    };
  }

  static async start(): Promise<RayCluster> {
    const cluster = new RayCluster(await mkdtemp(join(tmpdir(), 'ray-')), rayPrograms());
    const [head] = cluster.machines.addresses;
    const ports = ['--port=6390', `--dashboard-host=${head}`, '--dashboard-port=8270', '--ray-client-server-port=10100'];
    cluster.#head = cluster.#begin(0, ['--head', `--node-ip-address=${head}`, ...ports, `--temp-dir=${cluster.#dir}/tmp`]);
    await cluster.#untilItAnswers();
    cluster.startNode();
    return cluster;
  }

  startNode(): void {
    const [head, second] = this.machines.addresses;
    this.#node = this.#begin(1, [`--address=${head}:6390`, `--node-ip-address=${second}`]);
  }

  /** As if its power failed. */
  async killNode(): Promise<void> {
    await this.#node?.end('SIGKILL');
  }

  /** Waits until so many machines are counted. */
  async untilNodes(count: number): Promise<void> {
    for (let tries = 0; this.numNodes() !== count; tries++) {
      if (tries > 150) throw new Error(`${this.numNodes()} machines, not ${count}; see ${this.#dir}`);
      await setTimeout(1000);
    }
  }

  async stop(): Promise<void> {
    await this.#node?.end();
    await this.#head?.end();
    this.machines.remove();
    await rm(this.#dir, { recursive: true, force: true });
  }

  /** Machines that the head holds alive, by asking it there. */
  numNodes(): number {
    const code = 'import ray; ray.init(address="auto", logging_level="ERROR"); print("alive", sum(n["Alive"] for n in ray.nodes()))';
    const { stdout } = spawnSync('ip', [...this.machines.on(0).slice(1), this.python, '-c', code], {
      encoding: 'utf8',
      env: { ...process.env, ...this.env, RAY_ADDRESS: `${this.machines.addresses[0]}:6390` },
    });
    return Number(/alive (\d+)/u.exec(stdout)?.[1] ?? 0);
  }

  #begin(machine: 0 | 1, words: readonly string[]): Group {
    const common = ['--num-cpus=2', '--object-store-memory=80000000', '--disable-usage-stats'];
    const workers = ['--min-worker-port=10200', '--max-worker-port=10299', '--block'];
    const argv = [...this.machines.on(machine), join(this.#bin, 'ray'), 'start', ...words, ...common, ...workers];
    return new Group(argv, { env: this.env, log: join(this.#dir, `machine-${machine}.log`) });
  }

  async #untilItAnswers(): Promise<void> {
    for (let second = 0; second < 180; second++) {
      const words = [
        ...this.machines.on(0).slice(1),
        process.execPath,
        '-e',
        `fetch("${this.address}/api/version").then(() => process.exit(0), () => process.exit(1))`,
      ];
      if (spawnSync('ip', words).status === 0) return;
      await setTimeout(1000);
    }
    throw new Error(`Ray's dashboard does not answer; see ${this.#dir}`);
  }
}
