import type { Argv, InferredOptionTypes } from 'yargs';
import { checkValues, checkWhole } from './check-values.ts';
import { examplesText, modelOption, outputOptions, sizeOptions } from './shared-options.ts';

export const doctorOptions = { ...modelOption, ...sizeOptions, ...outputOptions } as const;

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
        ]),
      ),
  async handler(values: DoctorArguments) {
    checkValues(values, doctorOptions);
    checkWhole('max-length', values['max-length'], 2);
    checkWhole('batch-size', values['batch-size'], 1);
    const [{ doctor }, { doctorText }] = await Promise.all([import('@pharmacist/experiment'), import('../ui/doctor-report.ts')]);
    const { model } = values;
    const sizes = { batchSize: values['batch-size'], maxLength: values['max-length'] };
    const report = await doctor({ ...(model !== undefined && { model }), ...sizes });
    process.stdout.write(values.json === true ? `${JSON.stringify(report, null, 2)}\n` : doctorText(report, model));
  },
};
