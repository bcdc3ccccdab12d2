import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { Group, TwoMachines } from './two-machines.ts';

const NODES = ['nodea', 'nodeb'] as const;

/** A controller and two nodes of Slurm, each node in a network and with a host name of its own. Needs Debian's slurmctld, slurmd, slurm-client and munge. */
export class SlurmCluster {
  readonly machines = new TwoMachines();
  readonly #dir: string;
  #munge: Group | undefined;
  #controller: Group | undefined;
  readonly #daemons: (Group | undefined)[] = [undefined, undefined];

  private constructor(dir: string) {
    this.#dir = dir;
  }

  static async start(): Promise<SlurmCluster> {
    for (const program of ['slurmctld', 'slurmd', 'munged', 'sbatch']) {
      if (spawnSync('sh', ['-c', `command -v ${program}`]).status !== 0) {
        throw new Error(`there is no ${program}: apt-get install slurmctld slurmd slurm-client munge`);
      }
    }
    const cluster = new SlurmCluster(await mkdtemp(join(tmpdir(), 'slurm-')));
    await cluster.#configure();
    cluster.#munge = cluster.#begin('munge', ['munged', '--force', '--foreground', ...cluster.#mungeWords()]);
    while (!existsSync(join(cluster.#dir, 'munge.socket'))) await setTimeout(100);
    cluster.#controller = cluster.#begin('controller', cluster.#on(0, ['slurmctld', '-D']));
    cluster.startNode(0);
    cluster.startNode(1);
    return cluster;
  }

  get env(): Readonly<Record<string, string>> {
    return { SLURM_CONF: join(this.#dir, 'slurm.conf') };
  }

  startNode(machine: 0 | 1): void {
    this.#daemons[machine] = this.#begin(NODES[machine], this.#on(machine, ['slurmd', '-D', '-N', NODES[machine]]));
  }

  /** As if the second node's power failed: what runs there goes with it. */
  async killNode(): Promise<void> {
    const own = this.jobProcesses();
    await this.#daemons[1]?.end('SIGKILL');
    for (const pid of own) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // Gone already.
      }
    }
  }

  /** Processes of jobs on the second node. */
  jobProcesses(): number[] {
    const { stdout } = spawnSync('ip', ['netns', 'pids', this.machines.on(1).at(-1)!], { encoding: 'utf8' });
    const daemon = this.#daemons[1]?.child.pid;
    return stdout
      .split('\n')
      .filter((line) => line !== '')
      .map(Number)
      .filter((pid) => pid !== daemon);
  }

  /** Nodes that take work. */
  numNodes(): number {
    const { stdout } = spawnSync('ip', [...this.machines.on(0).slice(1), 'sinfo', '-N', '-h', '-o', '%T'], {
      encoding: 'utf8',
      env: { ...process.env, ...this.env },
    });
    return stdout.split('\n').filter((state) => /^(?:idle|mixed|allocated)$/u.test(state)).length;
  }

  /** Waits until so many machines are counted. */
  async untilNodes(count: number): Promise<void> {
    for (let tries = 0; this.numNodes() !== count; tries++) {
      if (tries > 150) throw new Error(`${this.numNodes()} machines, not ${count}; see ${this.#dir}`);
      await setTimeout(1000);
    }
  }

  async stop(): Promise<void> {
    spawnSync('ip', [...this.machines.on(0).slice(1), 'scancel', '--me'], { env: { ...process.env, ...this.env } });
    await setTimeout(2000);
    for (const group of [...this.#daemons, this.#controller, this.#munge]) await group?.end();
    for (const pid of this.jobProcesses()) process.kill(pid, 'SIGKILL');
    this.machines.remove();
    await rm(this.#dir, { recursive: true, force: true });
  }

  #begin(name: string, argv: readonly string[]): Group {
    return new Group(argv, { env: this.env, log: join(this.#dir, `${name}.log`) });
  }

  /** In the machine's network, under the node's name. */
  #on(machine: 0 | 1, argv: readonly string[]): string[] {
    return [...this.machines.on(machine), 'unshare', '--uts', 'sh', '-c', `hostname ${NODES[machine]}; exec "$@"`, 'sh', ...argv];
  }

  #mungeWords(): string[] {
    const path = (name: string) => join(this.#dir, name);
    return [
      `--socket=${path('munge.socket')}`,
      `--key-file=${path('munge.key')}`,
      `--pid-file=${path('munge.pid')}`,
      `--seed-file=${path('munge.seed')}`,
      `--log-file=${path('munge-own.log')}`,
    ];
  }

  async #configure(): Promise<void> {
    const dir = this.#dir;
    await chmod(dir, 0o755);
    await writeFile(join(dir, 'munge.key'), randomBytes(128), { mode: 0o400 });
    for (const name of ['state', ...NODES.map((node) => `spool-${node}`)]) await mkdir(join(dir, name));
    const nodes = NODES.map((name, i) => {
      return `NodeName=${name} NodeHostname=${name} NodeAddr=${this.machines.addresses[i]} Port=6818 CPUs=2 Boards=1 SocketsPerBoard=1 CoresPerSocket=2 ThreadsPerCore=1 RealMemory=4000`;
    });
    const settings = {
      ClusterName: 'pharmacist',
      SlurmctldHost: `nodea(${this.machines.addresses[0]})`,
      AuthType: 'auth/munge',
      AuthInfo: `socket=${join(dir, 'munge.socket')}`,
      CryptoType: 'crypto/munge',
      SlurmUser: 'root',
      SlurmdUser: 'root',
      StateSaveLocation: join(dir, 'state'),
      SlurmdSpoolDir: join(dir, 'spool-%n'),
      SlurmctldPidFile: join(dir, 'slurmctld.pid'),
      SlurmdPidFile: join(dir, 'slurmd-%n.pid'),
      ProctrackType: 'proctrack/pgid',
      TaskPlugin: 'task/none',
      MpiDefault: 'none',
      SelectType: 'select/cons_tres',
      SelectTypeParameters: 'CR_Core',
      SchedulerParameters: 'sched_interval=2,batch_sched_delay=0,requeue_delay=1',
      SlurmdTimeout: '15',
      SlurmctldTimeout: '30',
      InactiveLimit: '0',
      KillWait: '5',
      ReturnToService: '2',
      JobAcctGatherType: 'jobacct_gather/none',
      AccountingStorageType: 'accounting_storage/none',
      MessageTimeout: '20',
      SlurmdParameters: 'config_overrides',
    };
    const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}`);
    const partition = 'PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP';
    await writeFile(join(dir, 'slurm.conf'), `${[...lines, ...nodes, partition].join('\n')}\n`);
    await writeFile(join(dir, 'cgroup.conf'), 'CgroupPlugin=cgroup/v1\n');
  }
}
