import type { Argv, InferredOptionTypes } from 'yargs';
import { checkChoice, checkValues } from './check-values.ts';
import { examplesText, outputOptions, quietOption, text } from './shared-options.ts';

/** How weights are stored. */
const DTYPE_CHOICES = ['exact', 'float32', 'bfloat16', 'float16'] as const;

export const importOptions = {
  dtype: {
    ...text(`how weights are stored: ${DTYPE_CHOICES.join(', ')}; exact is 16 bits where the file has 16 bits, else float32`),
    default: 'exact',
  },
  ...quietOption,
  ...outputOptions,
} as const;

type ImportArguments = InferredOptionTypes<typeof importOptions> & { gguf: string; out: string };

export const importCommand = {
  command: 'import <gguf> <out>',
  describe: 'Make a Hugging Face model folder of a GGUF file',
  builder: (yargs: Argv) =>
    yargs
      .usage('Usage: $0 import MODEL.gguf OUT')
      .positional('gguf', { type: 'string', demandOption: true, describe: 'a GGUF file' })
      .positional('out', { type: 'string', demandOption: true, describe: 'the folder that is made' })
      .options(importOptions)
      .epilogue(
        `${examplesText([
          ['a model to work with', 'pharmacist import SmolLM2-135M-Instruct-Q8_0.gguf smollm2'],
          ['half the size', 'pharmacist import gemma-3-270m-it-Q8_0.gguf gemma3 --dtype bfloat16'],
        ])}\n\nResults: config.json, model.safetensors and the tokenizer's files, which transformers opens too.`,
      ),
  async handler(values: ImportArguments) {
    checkValues(values, importOptions);
    const dtype = FLOAT_DTYPES[await checkChoice('dtype', values.dtype, DTYPE_CHOICES)];
    const { gguf, out } = values;
    const [{ importGguf }, { runStage }, { importSummary }] = await Promise.all([
      import('@pharmacist/language-model'),
      import('./run-stage.ts'),
      import('../ui/folder-summary.ts'),
    ]);
    const imported = await runStage(values, async ({ reporter, signal }) => await importGguf(gguf, out, { dtype, reporter, signal }));
    const { config, ...figures } = imported;
    const document = { out, family: config.modelType, ...figures };
    process.stdout.write(values.json === true ? `${JSON.stringify(document, null, 2)}\n` : importSummary(imported, { gguf, out }));
  },
};

const FLOAT_DTYPES = { exact: 'exact', float32: 'F32', bfloat16: 'BF16', float16: 'F16' } as const;
