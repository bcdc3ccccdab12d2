import type { Argv, InferredOptionTypes } from 'yargs';
import { UsageError } from '../usage-error.ts';
import { checkValues } from './check-values.ts';
import { examplesText, mapOption, outputOptions } from './shared-options.ts';

export const inspectOptions = { ...mapOption, ...outputOptions } as const;

type InspectArguments = InferredOptionTypes<typeof inspectOptions> & { file: string };

export const inspectCommand = {
  command: 'inspect <file>',
  describe: 'Show what a file of rows holds: fields, lengths, duplicates, problems',
  builder: (yargs: Argv) =>
    yargs
      .usage('Usage: $0 inspect FILE')
      .positional('file', {
        type: 'string',
        demandOption: true,
        describe: 'JSONL, JSON, CSV, Parquet or Arrow, plain, .gz or .zst; `-` is standard input',
      })
      .options(inspectOptions)
      .epilogue(
        examplesText([
          ['any format', 'pharmacist inspect pool.parquet'],
          ['with fields of your own', 'pharmacist inspect pool.csv.gz --map prompt=question,response=answer'],
          ['from a pipe, as data', 'xzcat rows.jsonl.xz | pharmacist inspect - --json'],
        ]),
      ),
  async handler(values: InspectArguments) {
    checkValues(values, inspectOptions);
    // The parser turns a positional `-` into an empty text.
    const file = values.file === '' && process.argv.includes('-') ? '-' : values.file;
    if (file === '') throw new UsageError('the name of the file is empty');
    const [{ inspectRows, parseFieldMap }, { withInterrupt }, { inspectionOf }] = await Promise.all([
      import('@pharmacist/data-io'),
      import('../interrupt.ts'),
      import('../ui/inspection.ts'),
    ]);
    const map = values.map === undefined ? {} : { map: parseFieldMap(values.map) };
    const inspection = await withInterrupt(
      async (signal) => await inspectRows(file, { ...map, signal }),
      () => {},
    );
    process.stdout.write(values.json === true ? `${JSON.stringify(inspection, null, 2)}\n` : inspectionOf(inspection));
  },
};
