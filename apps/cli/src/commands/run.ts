import type { Argv, InferredOptionTypes } from 'yargs';
import { checkValues } from './check-values.ts';
import { copied, copyOption } from './copied.ts';
import { executorOf, executorOptions, isElsewhere, LEAVING } from './executor-options.ts';
import { parseSetOptions } from './set-options.ts';
import { examplesText, flag, list, outputOptions, pluginOption, quietOption, takeOverOption, text } from './shared-options.ts';

export const runOptions = {
  set: list('replaces a setting of the file, path=value, for instance seeds=[0,1,2]; may be repeated'),
  out: text('folder for the results (default: runs/ and the name in the file); the same command again continues a stopped run'),
  ...takeOverOption,
  ...copyOption,
  ...pluginOption,
  ...executorOptions,
  prepare: flag('only check everything and make ready what processes need that make the steps one by one'),
  ...quietOption,
  ...outputOptions,
} as const;

export const runCommand = {
  command: 'run <config>',
  describe: 'Run a grid of selections, defenses and attacks, and write its table and report',
  builder: (yargs: Argv) =>
    yargs
      .usage('Usage: $0 run CONFIG.yaml [--set path=value]... [--out DIR]')
      .positional('config', { type: 'string', demandOption: true, describe: 'configuration; configs/small.yaml is a commented example' })
      .options(runOptions)
      .epilogue(
        `${examplesText([
          ['the bundled example', 'pharmacist run configs/small.yaml'],
          ['three seeds', 'pharmacist run configs/small.yaml --set seeds=[0,1,2] --out three'],
          ['four steps at once', 'pharmacist run configs/small.yaml --executor local --executor-set parallel=4'],
        ])}\n\nResults: results.parquet, report.html and run.json, and every step in a folder of its own.`,
      ),
  async handler(values: InferredOptionTypes<typeof runOptions> & { config: string }) {
    checkValues(values, runOptions);
    const overrides = Object.entries(await parseSetOptions((values.set ?? []).map(String))).map(([path, value]) => ({
      path: path.split('.'),
      value,
    }));
    const [{ readRunConfig, run }, { ownProgram }, { runStage }, { runSummary }] = await Promise.all([
      import('@pharmacist/experiment'),
      import('../program.ts'),
      import('./run-stage.ts'),
      import('../ui/run-summary.ts'),
    ]);
    const { plugins = [], ...read } = await readRunConfig(values.config, overrides);
    const named = [...plugins, ...(values.plugin ?? []).map(String)];
    const chosen = await executorOf({ ...values, plugin: named.length > 0 ? named : undefined });
    const config = { ...read, ...(named.length > 0 && { plugins: named }) };
    const out = values.out ?? `runs/${config.name}`;
    const executor = chosen && { ...chosen, program: ownProgram() };
    const finished = await runStage(
      { quiet: values.quiet, ...(isElsewhere(chosen?.name) && { stopping: LEAVING }) },
      async (surroundings) => {
        const options = { config, out, executor, takeOver: values['take-over'], prepareOnly: values.prepare, env: process.env };
        return await copied(values['copy-to'], surroundings, async () => await run({ ...surroundings, ...options }));
      },
    );
    process.stdout.write(values.json === true ? `${JSON.stringify(finished, null, 2)}\n` : runSummary(finished));
  },
};
