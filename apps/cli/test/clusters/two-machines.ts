import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';

/** Two machines as far as a network goes: namespaces of this one, joined by a cable, and reached from nowhere else. Needs Linux and root. */
export class TwoMachines {
  readonly addresses = ['10.78.91.1', '10.78.91.2'] as const;
  readonly #names: readonly [string, string];

  constructor() {
    const stem = `ph${process.pid}`;
    this.#names = [`${stem}a`, `${stem}b`];
    const [a, b] = this.#names;
    for (const name of this.#names) ip('netns', 'add', name);
    ip('link', 'add', `${stem}c`, 'netns', a, 'type', 'veth', 'peer', 'name', `${stem}d`, 'netns', b);
    for (const [i, end] of [`${stem}c`, `${stem}d`].entries()) {
      const name = this.#names[i]!;
      ip('-n', name, 'link', 'set', 'lo', 'up');
      ip('-n', name, 'addr', 'add', `${this.addresses[i]}/24`, 'dev', end);
      ip('-n', name, 'link', 'set', end, 'up');
    }
  }

  /** Words that start a program on one of them, 0 or 1. */
  on(machine: 0 | 1): string[] {
    return ['ip', 'netns', 'exec', this.#names[machine]];
  }

  /** Pulls the second machine's cable out, or puts it in again. */
  cable(isIn: boolean): void {
    ip('-n', this.#names[1], 'link', 'set', `ph${process.pid}d`, isIn ? 'up' : 'down');
  }

  remove(): void {
    for (const name of this.#names) spawnSync('ip', ['netns', 'del', name]);
  }
}

function ip(...words: string[]): void {
  const { status, stderr } = spawnSync('ip', words, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`ip ${words.join(' ')}: ${stderr} (network namespaces need Linux and root)`);
}

/** A program and whatever it starts, ended by the number of its group. */
export class Group {
  readonly child: ChildProcess;

  constructor(argv: readonly string[], { env, log }: { env: Readonly<Record<string, string>>; log: string }) {
    const file = openSync(log, 'a');
    this.child = spawn(argv[0]!, argv.slice(1), { detached: true, stdio: ['ignore', file, file], env: { ...process.env, ...env } });
    closeSync(file);
  }

  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const gone = new Promise((resolve) => this.child.once('exit', resolve));
    this.#send(signal);
    const late = setTimeout(() => this.#send('SIGKILL'), 10_000);
    await gone;
    clearTimeout(late);
    // What its parent left behind.
    this.#send('SIGKILL');
  }

  #send(signal: NodeJS.Signals): void {
    try {
      process.kill(-this.child.pid!, signal);
    } catch {
      // Gone already.
    }
  }
}
