import type { Argv } from 'yargs';

/** What `doctor --executor` runs on every machine; not in `--help`, since no person needs it. */
export const probeCommand = {
  command: 'probe <folder>',
  describe: false,
  builder: (yargs: Argv) => yargs.positional('folder', { type: 'string', demandOption: true }),
  async handler({ folder }: { folder: string }) {
    const { probeNode } = await import('@pharmacist/experiment');
    process.stdout.write(`${JSON.stringify(await probeNode(folder))}\n`);
  },
} as const;
