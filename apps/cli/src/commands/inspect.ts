import type { Argv, InferredOptionTypes } from 'yargs';
import { UsageError } from '../usage-error.ts';
import { checkValues } from './check-values.ts';
import { namesOf } from './row-names.ts';
import { examplesText, outputOptions, pluginOption, rowOptions, ROWS_TEXT } from './shared-options.ts';

export const inspectOptions = { ...rowOptions, ...pluginOption, ...outputOptions } as const;

type InspectArguments = InferredOptionTypes<typeof inspectOptions> & { rows: string[] };

export const inspectCommand = {
  command: 'inspect <rows..>',
  describe: 'Show what rows hold: fields, lengths, duplicates, problems',
  builder: (yargs: Argv) =>
    yargs
      .usage('Usage: $0 inspect ROWS...')
      .positional('rows', {
        type: 'string',
        array: true,
        demandOption: true,
        describe: 'a file, a folder, a pattern, an address, a data set on the Hub, or `-`; several are read as one',
      })
      .options(inspectOptions)
      .epilogue(
        `${examplesText([
          ['any format', 'pharmacist inspect pool.parquet'],
          ['with fields of your own', 'pharmacist inspect pool.csv.gz --map prompt=question,response=answer'],
          ['from the Hub', 'pharmacist inspect HuggingFaceH4/no_robots --split train'],
          ['in a format of your own', 'pharmacist inspect pool.blocks --plugin ./mine.mjs'],
          ['from a pipe, as data', 'xzcat rows.jsonl.xz | pharmacist inspect - --json'],
        ])}\n\n${ROWS_TEXT}`,
      ),
  async handler(values: InspectArguments) {
    checkValues(values, inspectOptions);
    const rows = namesOf(values.rows);
    if (rows.includes('')) throw new UsageError('the name of the file is empty');
    const [{ inspectRows, parseFieldMap }, { withInterrupt }, { inspectionOf }] = await Promise.all([
      import('@pharmacist/data-io'),
      import('../interrupt.ts'),
      import('../ui/inspection.ts'),
    ]);
    const { plugin = [], map, split, subset } = values;
    const formats = plugin.length === 0 ? undefined : await formatsOf(plugin.map(String));
    const options = {
      ...(formats && { formats }),
      ...(map !== undefined && { map: parseFieldMap(map) }),
      ...(split !== undefined && { split }),
      ...(subset !== undefined && { subset }),
    };
    const inspection = await withInterrupt(
      async (signal) => await inspectRows(rows, { ...options, signal }),
      () => {},
    );
    process.stdout.write(values.json === true ? `${JSON.stringify(inspection, null, 2)}\n` : inspectionOf(inspection));
  },
};

/** Loads more than reading rows takes. */
async function formatsOf(plugins: readonly string[]) {
  const { loadPlugins } = await import('@pharmacist/experiment');
  return (await loadPlugins(plugins)).format;
}
