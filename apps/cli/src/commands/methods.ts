import type { Argv, InferredOptionTypes } from 'yargs';
import { checkValues } from './check-values.ts';
import { examplesText, outputOptions } from './shared-options.ts';

export const methodsOptions = { ...outputOptions } as const;

type MethodsArguments = InferredOptionTypes<typeof methodsOptions> & { name?: string | undefined };

export const methodsCommand = {
  command: 'methods [name]',
  describe: 'List selection methods, filters, defenses, judges and tasks, or show the options of one',
  builder: (yargs: Argv) =>
    yargs
      .usage('Usage: $0 methods [NAME]')
      .positional('name', { type: 'string', describe: 'what to show with its source, what it needs and its options' })
      .options(methodsOptions)
      .epilogue(
        examplesText([
          ['everything there is', 'pharmacist methods'],
          ['one of them', 'pharmacist methods booster'],
          ['as data', 'pharmacist methods openai --json'],
        ]),
      ),
  async handler(values: MethodsArguments) {
    checkValues(values, methodsOptions);
    const { name } = values;
    const [{ allMethods, methodsNamed }, { methodList, methodText }] = await Promise.all([
      import('../methods.ts'),
      import('../ui/method-text.ts'),
    ]);
    const methods = name === undefined ? allMethods() : methodsNamed(name, allMethods());
    if (values.json === true) process.stdout.write(`${JSON.stringify(methods, null, 2)}\n`);
    else process.stdout.write(name === undefined ? methodList(methods) : methods.map(methodText).join('\n'));
  },
};
