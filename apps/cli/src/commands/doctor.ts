import type { Argv, InferredOptionTypes } from 'yargs';
import { UsageError } from '../usage-error.ts';
import { checkValues, checkWhole } from './check-values.ts';
import { executorOf, executorOptions } from './executor-options.ts';
import { examplesText, modelOption, number, outputOptions, pluginOption, sizeOptions, text } from './shared-options.ts';

export const doctorOptions = {
  ...modelOption,
  ...sizeOptions,
  ...executorOptions,
  ...pluginOption,
  rows: number('rows of a pool, for what each method keeps of it in memory; with --model'),
  shared: text('folder below which runs will be, for --executor to see whether every machine shares it; the current one if left out'),
  ...outputOptions,
} as const;

/** Status 2 if some machine could make no step: that is to be seen to outside the program. */
async function reportCluster(
  chosen: NonNullable<Awaited<ReturnType<typeof executorOf>>>,
  { plugin = [], shared, json }: Pick<DoctorArguments, 'plugin' | 'shared' | 'json'>,
): Promise<void> {
  const [{ doctorCluster, loadPlugins }, { ownProgram }, { clusterText }] = await Promise.all([
    import('@pharmacist/experiment'),
    import('../program.ts'),
    import('../ui/cluster-report.ts'),
  ]);
  const catalog = await loadPlugins(plugin.map(String));
  const report = await doctorCluster({ executor: { ...chosen, program: ownProgram() }, catalog, shared, env: process.env });
  process.stdout.write(json === true ? `${JSON.stringify(report, null, 2)}\n` : clusterText(report));
  if (!report.works) process.exitCode = 2;
}

type DoctorArguments = InferredOptionTypes<typeof doctorOptions>;

export const doctorCommand = {
  command: 'doctor',
  describe: 'Show which engines work here, threads, memory, and what a run would need',
  builder: (yargs: Argv) =>
    yargs
      .usage('Usage: $0 doctor [--model DIR]')
      .options(doctorOptions)
      .epilogue(
        examplesText([
          ['this machine', 'pharmacist doctor'],
          ['would a run with this model fit?', 'pharmacist doctor --model ./SmolLM2-135M --batch-size 4 --max-length 128'],
          ['would a pool of ten million rows fit, and by which method?', 'pharmacist doctor --model ./SmolLM2-135M --rows 10000000'],
          ['every machine of a cluster', 'pharmacist doctor --executor slurm --shared /shared/runs'],
        ]),
      ),
  async handler(values: DoctorArguments) {
    checkValues(values, doctorOptions);
    checkWhole('max-length', values['max-length'], 2);
    checkWhole('batch-size', values['batch-size'], 1);
    const chosen = await executorOf(values);
    if (chosen !== undefined) return await reportCluster(chosen, values);
    if (values.shared !== undefined) throw new UsageError('--shared goes with --executor');
    const { rows } = values;
    if (rows !== undefined) {
      checkWhole('rows', rows, 1);
      if (values.model === undefined)
        throw new UsageError('--rows goes with --model: what a method keeps of a row depends on the size of its states');
    }
    const [{ doctor, loadPlugins }, { doctorText }] = await Promise.all([
      import('@pharmacist/experiment'),
      import('../ui/doctor-report.ts'),
    ]);
    const { model } = values;
    const sizes = { batchSize: values['batch-size'], maxLength: values['max-length'] };
    const catalog = await loadPlugins((values.plugin ?? []).map(String));
    const report = await doctor({ catalog, ...(model !== undefined && { model }), ...sizes, rows });
    process.stdout.write(values.json === true ? `${JSON.stringify(report, null, 2)}\n` : doctorText(report, model));
  },
};
