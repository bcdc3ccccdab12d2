/** How long `pharmacist --help` takes from a built checkout, beside a Node process that does nothing. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { ConfigError, pathExists } from '@pharmacist/core';
import { figure } from '../figure.ts';
import { interleave, timed } from '../harness.ts';
import type { Suite } from '../suite.ts';

const CLI = fileURLToPath(new URL('../../../cli/dist/main.js', import.meta.url));
const WARMUP = 1;

export const start: Suite = {
  name: 'start',
  summary: 'time of `pharmacist --help`, against `node -e 0`',
  async run(context) {
    const rounds = context.rounds ?? (context.quick ? 3 : 10);
    if (!(await pathExists(CLI))) throw new ConfigError('the command is not built', { where: CLI, hint: 'run `pnpm build`' });
    const help = await output([CLI, '--help']);
    if (!help.includes('select'))
      throw new ConfigError('`pharmacist --help` does not name the command select', { where: CLI, hint: 'run `pnpm build`' });
    const values = await interleave(
      [timed('help', async () => await output([CLI, '--help'])), timed('node', async () => await output(['-e', '0']))],
      {
        rounds,
        warmup: WARMUP,
      },
    );
    return {
      figures: [figure('pharmacist --help', 'ms', values.get('help')!, { atMost: 400 }), figure('node -e 0', 'ms', values.get('node')!)],
      notes: ['wall time of the process as its parent sees it'],
      versions: {},
      protocol: { rounds, warmup: WARMUP },
    };
  },
};

/** Standard output of a Node process. @throws {ConfigError} if it fails. */
async function output(args: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => (text += part));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new ConfigError(`ended with ${code}`, { where: args.join(' ') });
  return text;
}
