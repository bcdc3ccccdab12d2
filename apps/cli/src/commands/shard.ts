import type { Argv, InferredOptionTypes } from 'yargs';
import { checkValues, checkWhole } from './check-values.ts';
import { number, outputOptions, text } from './shared-options.ts';

const required = { demandOption: true } as const;
export const shardOptions = {
  pass: { ...text('pass of the selection'), ...required },
  number: { ...number('of the part'), ...required },
  plan: { ...text('what the parts are of'), ...required },
  store: text('where the files of the parts lie, if not in the folder: s3://bucket/prefix'),
  ...outputOptions,
} as const;

/** What executors call; not in `--help`, since no person needs it. */
export const shardCommand = {
  command: 'shard <run>',
  describe: false,
  builder: (yargs: Argv) =>
    yargs
      .usage('Usage: $0 shard RUN\n\nMakes one part of a pass of a selection that gives its parts to an executor.')
      .positional('run', { type: 'string', demandOption: true, describe: 'folder of the selection' })
      .options(shardOptions),
  async handler(values: InferredOptionTypes<typeof shardOptions> & { run: string }) {
    checkValues(values, shardOptions);
    checkWhole('number', values.number, 0);
    const [{ runShard }, { runStage }] = await Promise.all([import('@pharmacist/experiment'), import('./run-stage.ts')]);
    const { run: out, pass, number: own, plan, store: place } = values;
    await runStage({}, async (surroundings) => {
      await runShard({ plan, pass, number: own }, { ...surroundings, out, place, env: process.env });
      return {};
    });
    process.stdout.write(`part ${own} of the pass ${pass} is done\n`);
  },
} as const;
