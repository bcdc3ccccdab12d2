import { ExecutorError } from '../executor-error.ts';
import { outputOf } from '../local/task-process.ts';

/** An element of an array that Slurm still knows. */
export interface QueuedElement {
  /** `123_4`. */
  readonly id: string;
  /** Of the job. */
  readonly name: string;
  /** `PENDING`, `RUNNING`, `COMPLETING` and more. */
  readonly state: string;
  /** Empty until it has one. */
  readonly node: string;
  readonly reason: string;
}

export interface SlurmNode {
  readonly name: string;
  readonly cpus: number;
  readonly gpus: number;
  readonly state: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Slurm's commands, as they are found on PATH. */
export class SlurmCommands {
  readonly #env: Environment;

  constructor(env: Environment) {
    this.#env = env;
  }

  /** @returns the number of the job. */
  async sbatch(words: readonly string[], script: string): Promise<string> {
    const output = await this.#call('sbatch', ['--parsable', ...words], script);
    const [job] = output.trim().split(';');
    if (job === undefined || !/^\d+$/u.test(job)) throw new ExecutorError(`answered "${output.trim()}" and no number`, { where: 'sbatch' });
    return job;
  }

  /** Own jobs that are waiting or at work, an element of an array each. */
  async squeue(): Promise<QueuedElement[]> {
    const output = await this.#call('squeue', ['--me', '-h', '-r', '-o', '%i|%j|%T|%N|%r']);
    return linesOf(output).map((line) => {
      const [id = '', name = '', state = '', node = '', reason = ''] = line.split('|');
      return { id, name, state, node, reason };
    });
  }

  /** What accounting says of an element, for instance `NODE_FAIL`; undefined where there is none. */
  async stateOf(id: string): Promise<string | undefined> {
    const { exitStatus, output } = await outputOf(['sacct', '-n', '-X', '-P', '-j', id, '-o', 'State'], { cwd: '/', env: this.#env });
    const [state] = linesOf(output);
    return exitStatus === 0 && state !== undefined && state !== '' ? state.split(' ')[0] : undefined;
  }

  async scancel(jobs: readonly string[]): Promise<void> {
    if (jobs.length > 0) await this.#call('scancel', jobs);
  }

  /** Machines that answer. */
  async nodes(partition: string | undefined): Promise<SlurmNode[]> {
    const output = await this.#call('sinfo', ['-N', '-h', '-o', '%N|%c|%G|%T', ...(partition === undefined ? [] : ['-p', partition])]);
    const nodes = linesOf(output).map((line) => {
      const [name = '', cpus = '0', gres = '', state = ''] = line.split('|');
      const gpus = [...gres.matchAll(/gpu(?::[^:,()]+)?:(\d+)/gu)].reduce((sum, [, n]) => sum + Number(n), 0);
      return { name, cpus: Number(cpus), gpus, state };
    });
    // A node of several partitions is listed with each.
    return [...new Map(nodes.map((node) => [node.name, node])).values()];
  }

  async #call(program: string, words: readonly string[], input = ''): Promise<string> {
    const { exitStatus, output, errors } = await outputOf([program, ...words], { cwd: '/', env: this.#env, input });
    if (exitStatus === 0) return output;
    if (exitStatus === undefined) {
      throw new ExecutorError(`cannot be started: ${errors}`, {
        where: program,
        hint: 'call pharmacist where Slurm’s commands are on PATH',
      });
    }
    throw new ExecutorError(errors.trim() || `ended with status ${exitStatus}`, {
      where: program,
      hint: 'see that the controller is up (scontrol ping), and the settings that Slurm refuses',
    });
  }
}

function linesOf(output: string): string[] {
  return output.split('\n').filter((line) => line !== '');
}
