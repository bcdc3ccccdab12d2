import type { Argv, InferredOptionTypes } from 'yargs';
import { checkValues } from './check-values.ts';
import { examplesText, flag, outputOptions } from './shared-options.ts';

export const statusOptions = { all: flag('every step, also those that are done'), ...outputOptions } as const;

export const statusCommand = {
  command: 'status <run>',
  describe: 'Show where a run stands, here or on a cluster',
  builder: (yargs: Argv) =>
    yargs
      .usage('Usage: $0 status RUN')
      .positional('run', { type: 'string', demandOption: true, describe: 'folder of the run, as --out named it' })
      .options(statusOptions)
      .epilogue(examplesText([['what is done, at work, waiting and failed, and where each log is', 'pharmacist status runs/small']])),
  async handler(values: InferredOptionTypes<typeof statusOptions> & { run: string }) {
    checkValues(values, statusOptions);
    const [{ runStatus }, { statusText }] = await Promise.all([import('@pharmacist/experiment'), import('../ui/status-text.ts')]);
    const status = await runStatus(values.run);
    process.stdout.write(
      values.json === true ? `${JSON.stringify(status, null, 2)}\n` : statusText(status, { isAll: values.all === true }),
    );
  },
};
