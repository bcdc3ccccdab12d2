import { readFileSync } from 'node:fs';
import yargs from 'yargs';
import { alignCommand, alignOptions } from './commands/align.ts';
import { attackCommand, attackOptions } from './commands/attack.ts';
import { checkNumbersAreGiven } from './commands/check-values.ts';
import { demoCommand, demoOptions } from './commands/demo.ts';
import { doctorCommand, doctorOptions } from './commands/doctor.ts';
import { evaluateCommand, evaluateOptions } from './commands/evaluate.ts';
import { importCommand, importOptions } from './commands/import.ts';
import { inspectCommand, inspectOptions } from './commands/inspect.ts';
import { mergeCommand, mergeOptions } from './commands/merge.ts';
import { methodsCommand, methodsOptions } from './commands/methods.ts';
import { withExecutorSets } from './commands/executor-words.ts';
import { probeCommand } from './commands/probe.ts';
import { asTyped, wordsForParser } from './commands/row-names.ts';
import { runCommand, runOptions } from './commands/run.ts';
import { selectCommand, selectOptions } from './commands/select.ts';
import { shardCommand } from './commands/shard.ts';
import { statusCommand, statusOptions } from './commands/status.ts';
import { stepCommand } from './commands/step.ts';
import { UsageError } from './usage-error.ts';
import { enterWorkingDirectory } from './working-directory.ts';

const OPTIONS = {
  select: selectOptions,
  align: alignOptions,
  attack: attackOptions,
  evaluate: evaluateOptions,
  run: runOptions,
  status: statusOptions,
  methods: methodsOptions,
  inspect: inspectOptions,
  import: importOptions,
  merge: mergeOptions,
  doctor: doctorOptions,
  demo: demoOptions,
};
const FORMS = [runCommand, statusCommand, methodsCommand, inspectCommand, importCommand, mergeCommand].map(({ command }) => command);
const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string };

/**
 * Does what a command line says: results go to standard output, all else to standard error.
 * @param words what stands behind the program's name.
 * @returns the exit status, 0 unless something was wrong; a command may have set another in `process.exitCode`.
 */
export async function runCommandLine(words: readonly string[]): Promise<number> {
  try {
    enterWorkingDirectory();
    checkNumbersAreGiven(words, Object.values(OPTIONS));
    await yargs(withExecutorSets(wordsForParser(words)))
      .scriptName('pharmacist')
      .usage('Usage: $0 <command>\n\nRanks safety-alignment rows and keeps the best: the core subset.')
      .parserConfiguration({
        'camel-case-expansion': false,
        'dot-notation': false,
        'greedy-arrays': false,
        'boolean-negation': false,
        'parse-positional-numbers': false,
      })
      .command(selectCommand)
      .command(alignCommand)
      .command(attackCommand)
      .command(evaluateCommand)
      .command(runCommand)
      .command(statusCommand)
      .command(stepCommand)
      .command(probeCommand)
      .command(shardCommand)
      .command(methodsCommand)
      .command(inspectCommand)
      .command(importCommand)
      .command(mergeCommand)
      .command(doctorCommand)
      .command(demoCommand)
      .demandCommand(1, 'Say which command to run.')
      .strict()
      .strictCommands()
      .version(version)
      .help()
      .alias({ help: 'h', version: 'V' })
      .epilogue('`pharmacist <command> --help` says more, with examples. First time here? `pharmacist demo`.')
      .locale('en')
      .wrap(Math.min(process.stdout.columns ?? 100, 120))
      .exitProcess(false)
      .fail((message: string, error: Error | undefined) => {
        throw error === undefined || error.name === 'YError' ? new UsageError(asTyped(message ?? error?.message)) : error;
      })
      .parseAsync();
    return 0;
  } catch (error) {
    const { exitOf } = await import('./exit.ts');
    const command = words.find((word) => word in OPTIONS);
    const { status, message } = await exitOf(error, {
      isDebug: words.includes('--debug'),
      command,
      words,
      commands: Object.keys(OPTIONS),
      form: FORMS.find((form) => form.split(' ')[0] === command),
      options: Object.entries(OPTIONS).flatMap(([name, options]) => (name === command ? Object.keys(options) : [])),
    });
    await new Promise<void>((resolve) => process.stderr.write(`${message}\n`, () => resolve()));
    return status;
  }
}
