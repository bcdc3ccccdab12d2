import type { Argv, InferredOptionTypes } from 'yargs';
import { UsageError } from '../usage-error.ts';
import { checkValues, checkWhole } from './check-values.ts';
import { flag, number, outputOptions, takeOverOption } from './shared-options.ts';

export const stepOptions = {
  index: number('number of the step instead of its name, from 0'),
  wait: flag('wait for the steps before it'),
  order: { ...number('of the run’s attempts, the one that wants this step'), default: 0 },
  ...takeOverOption,
  ...outputOptions,
} as const;

/** What executors call; not in `--help`, since no person needs it. */
export const stepCommand = {
  command: 'step <run> [id]',
  describe: false,
  builder: (yargs: Argv) =>
    yargs
      .usage('Usage: $0 step RUN STEP\n\nMakes one step of a run that gives its steps to an executor.')
      .positional('run', { type: 'string', demandOption: true, describe: 'folder of the run' })
      .positional('id', { type: 'string', describe: 'step, for instance select/random-s0' })
      .options(stepOptions),
  async handler(values: InferredOptionTypes<typeof stepOptions> & { run: string; id?: string | undefined }) {
    checkValues(values, stepOptions);
    checkWhole('order', values.order, 0);
    checkWhole('index', values.index, 0);
    const asked = values.id ?? values.index;
    if (asked === undefined || (values.id !== undefined && values.index !== undefined))
      throw new UsageError('Name one step, or give its --index.');
    const [{ IncompleteError }, { INCOMPLETE_STATUS, runStep }, { exitOf }, { runStage }] = await Promise.all([
      import('@pharmacist/core'),
      import('@pharmacist/experiment'),
      import('../exit.ts'),
      import('./run-stage.ts'),
    ]);
    const { run: out, order } = values;
    const isPatient = values.wait === true;
    const takeOver = values['take-over'] === true;
    try {
      const made = await runStage(
        {},
        async (surroundings) => await runStep(asked, { ...surroundings, out, order, isPatient, takeOver, env: process.env }),
      );
      process.stdout.write(values.json === true ? `${JSON.stringify(made, null, 2)}\n` : `${made.step} is done\n`);
    } catch (error) {
      if (!(error instanceof IncompleteError)) throw error;
      const { message } = await exitOf(error, { isDebug: values.debug === true, command: 'step', words: [], commands: [], options: [] });
      process.stderr.write(`${message}\n`);
      process.exitCode = INCOMPLETE_STATUS;
    }
  },
} as const;
