import type { Argv, InferredOptionTypes } from 'yargs';
import { checkValues } from './check-values.ts';
import { examplesText, outputOptions, pluginOption } from './shared-options.ts';

export const methodsOptions = { ...pluginOption, ...outputOptions } as const;

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
          ['your own too', 'pharmacist methods --plugin ./mine.js'],
          ['as data', 'pharmacist methods openai --json'],
        ]),
      ),
  async handler(values: MethodsArguments) {
    checkValues(values, methodsOptions);
    const { name } = values;
    const [{ loadPlugins }, { allMethods, methodsNamed }, { methodList, methodText }] = await Promise.all([
      import('@pharmacist/experiment'),
      import('../methods.ts'),
      import('../ui/method-text.ts'),
    ]);
    const catalog = await loadPlugins((values.plugin ?? []).map(String));
    const methods = name === undefined ? allMethods(catalog) : methodsNamed(name, allMethods(catalog));
    if (values.json === true) process.stdout.write(`${JSON.stringify(methods, null, 2)}\n`);
    else process.stdout.write(name === undefined ? methodList(methods) : methods.map(methodText).join('\n'));
  },
};
