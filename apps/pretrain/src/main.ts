import { parseArgs } from 'node:util';
import { resolve } from 'node:path';
import { ConfigError, PharmacistError, unknownName } from '@pharmacist/core';

const HELP = `Makes the bundled tiny base model and the bundled data.

  tokenizer --data DIR --out DIR [--vocab-size 4096] [--seed 0]   train the BPE tokenizer, write tokenizer.json
  pack      --data DIR --tokenizer DIR --out DIR [--seed 0]       write train.u16, heldout.u16
  train     --tokens DIR --log DIR --out DIR [--steps 3600] [--seed 0]  pre-train the model; continues a killed run
  pool      --data DIR --recipe full|bundled --out DIR [--seed 0]  write a pool with planted truth
  rows      --data DIR --out DIR [--seed 0]                       write the rows that pools with split sources are drawn from
  judge     --data DIR --out DIR                                  train the n-gram judge, write its weights and its card
  prior     --data DIR --out DIR                                  train the word priors of pharmacist, write their weights and their card
  evaluation --data DIR --out DIR [--recipe bundled|full] [--exclude DIR]... [--seed 0]
                                    write attack rows, prompts, tasks and pairs that share no prompt with the .jsonl files in DIR
`;

const OPTIONS = {
  data: { type: 'string' },
  out: { type: 'string' },
  tokenizer: { type: 'string' },
  tokens: { type: 'string' },
  log: { type: 'string' },
  steps: { type: 'string', default: '3600' },
  recipe: { type: 'string' },
  exclude: { type: 'string', multiple: true },
  'vocab-size': { type: 'string', default: '4096' },
  seed: { type: 'string', default: '0' },
  help: { type: 'boolean', default: false },
} as const;

type Options = ReturnType<typeof parseArgs<{ options: typeof OPTIONS }>>['values'];

const COMMANDS: Record<string, (options: Options) => Promise<void>> = {
  async tokenizer(options) {
    const [{ readCorpus }, { trainBpe }, { SPECIAL_TOKENS, writeTokenizerFiles }] = await Promise.all([
      import('./corpus.ts'),
      import('./bpe-trainer.ts'),
      import('./tokenizer-files.ts'),
    ]);
    const corpus = await readCorpus(folder(options, 'data'), { seed: integer(options, 'seed') });
    const texts = corpus.train.map(({ text }) => text);
    const vocabulary = trainBpe(texts, { vocabSize: integer(options, 'vocab-size'), specialTokens: SPECIAL_TOKENS });
    await writeTokenizerFiles(folder(options, 'out'), vocabulary);
    say({ documents: texts.length, tokens: vocabulary.tokens.length, merges: vocabulary.merges.length });
  },
  async pack(options) {
    const [{ readCorpus }, { BpeEncoder }, { writePackedCorpus }, { readTokenizerFile }] = await Promise.all([
      import('./corpus.ts'),
      import('./bpe-encoder.ts'),
      import('./pack.ts'),
      import('./tokenizer-files.ts'),
    ]);
    const corpus = await readCorpus(folder(options, 'data'), { seed: integer(options, 'seed') });
    const encoder = new BpeEncoder(await readTokenizerFile(folder(options, 'tokenizer')));
    say(await writePackedCorpus(folder(options, 'out'), corpus, encoder));
  },
  async train(options) {
    const { pretrain } = await import('./train.ts');
    const [tokens, out, logDir] = [folder(options, 'tokens'), folder(options, 'out'), folder(options, 'log')];
    const shape = {
      numSteps: integer(options, 'steps'),
      batchSize: 8,
      sequenceLength: 256,
      learningRate: 3e-3,
      seed: integer(options, 'seed'),
    };
    say(await pretrain({ tokens, out, logDir, ...shape }));
  },
  async pool(options) {
    const { RECIPES, poolFromSources, writePool } = await import('./planted/recipes.ts');
    const recipe = oneOf(options.recipe ?? 'full', RECIPES);
    const pool = await poolFromSources(folder(options, 'data'), recipe, integer(options, 'seed'));
    await writePool(folder(options, 'out'), pool);
    say({ alignment: pool.alignment.length, harmful: pool.harmful.length, validation: pool.validation.length });
  },
  async rows(options) {
    const { sourceRows, writeSourceRows } = await import('./source-rows/source-rows.ts');
    const rows = await sourceRows(folder(options, 'data'), integer(options, 'seed'));
    say(await writeSourceRows(folder(options, 'out'), rows));
  },
  async judge(options) {
    const { trainJudge } = await import('./judge/train-judge.ts');
    say(await trainJudge({ data: folder(options, 'data'), out: folder(options, 'out') }));
  },
  async prior(options) {
    const { trainPriors } = await import('./word-prior/train-priors.ts');
    say(await trainPriors({ data: folder(options, 'data'), out: folder(options, 'out') }));
  },
  async evaluation(options) {
    const [{ EVALUATION_RECIPES, evaluationFromSources }, { writeEvaluationSet }, { promptsInFolders }] = await Promise.all([
      import('./evaluation/recipes.ts'),
      import('./evaluation/evaluation-set.ts'),
      import('./evaluation/prompt-ledger.ts'),
    ]);
    const recipe = oneOf(options.recipe ?? 'bundled', EVALUATION_RECIPES);
    const [data, out] = [folder(options, 'data'), folder(options, 'out')];
    const excluded = await promptsInFolders((options.exclude ?? []).map(fromWhereThePersonStands));
    say(await writeEvaluationSet(out, await evaluationFromSources(data, recipe, integer(options, 'seed'), excluded)));
  },
};

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({ options: OPTIONS, allowPositionals: true });
  const [name] = positionals;
  if (values.help || name === undefined) {
    process.stdout.write(HELP);
    return;
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined) throw new ConfigError(`subcommand ${unknownName(name, Object.keys(COMMANDS))}`);
  await command(values);
}

/** Paths are relative to where the person stands, not to the package. */
function folder(options: Options, option: 'data' | 'out' | 'tokenizer' | 'tokens' | 'log'): string {
  const value = options[option];
  if (value === undefined) throw new ConfigError(`--${option} is missing`, { hint: `add --${option} DIR` });
  return fromWhereThePersonStands(value);
}

function fromWhereThePersonStands(path: string): string {
  return resolve(process.env['INIT_CWD'] ?? process.cwd(), path);
}

function oneOf<Name extends string>(value: string, names: readonly Name[]): Name {
  const name = names.find((known) => known === value);
  if (name === undefined) throw new ConfigError(`--recipe ${unknownName(value, names)}`);
  return name;
}

function integer(options: Options, option: 'seed' | 'vocab-size' | 'steps'): number {
  const value = Number(options[option]);
  if (!Number.isInteger(value)) throw new ConfigError(`--${option} must be an integer, got "${options[option]}"`);
  return value;
}

function say(facts: unknown): void {
  process.stdout.write(`${JSON.stringify(facts, null, 2)}\n`);
}

try {
  await main();
} catch (error) {
  if (!(error instanceof PharmacistError)) throw error;
  process.stderr.write(`${error.describe()}\n`);
  process.exitCode = error.isUserError ? 2 : 1;
}
