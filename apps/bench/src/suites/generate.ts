/** Greedy decoding with the tiny model: 500 prompts in batches beside the same prompts one by one. */
import { NumericError, Random } from '@pharmacist/core';
import { generate as generateText, type Generation, LanguageModel } from '@pharmacist/language-model';
import { createEngine } from '@pharmacist/tensor-kernels';
import { figure } from '../figure.ts';
import { interleave, timed } from '../harness.ts';
import { tinyModel } from '../rows.ts';
import { pairwiseRatios } from '../statistics.ts';
import type { Suite } from '../suite.ts';

const NUM_PROMPTS = 500;
const PROMPT_LENGTH = 48;
const NEW_TOKENS = 128;
/** Prompts of one batch: 500 are some hundredths faster, with twice the memory. */
const BATCH_SIZE = 250;

export const generate: Suite = {
  name: 'generate',
  summary: 'greedy decoding with the tiny model, batched against one prompt at a time',
  async run(context) {
    // A round is many minutes of single decoding, and long enough to be steady in itself.
    const rounds = context.rounds ?? 1;
    const numPrompts = context.quick ? 8 : NUM_PROMPTS;
    const newTokens = context.quick ? 8 : NEW_TOKENS;
    const { engine } = await createEngine({ name: 'onnx' });
    try {
      const model = await LanguageModel.load(context.model ?? (await tinyModel()), engine);
      const random = new Random('prompts');
      const prompts = Array.from({ length: numPrompts }, () =>
        Int32Array.from({ length: PROMPT_LENGTH }, () => random.integer(model.config.vocabSize)),
      );
      const answers = new Map<string, Generation[]>();
      const variant = (name: string, batchSize: number) =>
        timed(name, async () => {
          answers.set(name, await generateText(model, prompts, { maxNewTokens: newTokens, batchSize, stopIds: [] }));
        });
      const values = await interleave([variant('together', BATCH_SIZE), variant('alone', 1)], {
        rounds,
        warmup: 0,
        onRound: (round) => context.say(`round ${round + 1} of ${rounds}`),
      });
      checkEqual(answers.get('together')!, answers.get('alone')!);
      const [togetherMs, aloneMs] = [values.get('together')!, values.get('alone')!];
      const speed = (ms: number) => (numPrompts * newTokens * 1000) / ms;
      return {
        figures: [
          figure(`${numPrompts} prompts in batches of ${BATCH_SIZE}`, 'tokens/s', togetherMs.map(speed)),
          figure('one prompt at a time', 'tokens/s', aloneMs.map(speed)),
          figure('one at a time / in batches', 'ratio', pairwiseRatios(aloneMs, togetherMs), { atLeast: 10 }),
        ],
        notes: [
          `${newTokens} new tokens after ${PROMPT_LENGTH}, reading the prompt and compilation included; both ways gave the same tokens for every prompt`,
        ],
        versions: engine.versions,
        protocol: { rounds, warmup: 0, numPrompts, promptLength: PROMPT_LENGTH, newTokens, batchSize: BATCH_SIZE },
      };
    } finally {
      await engine.dispose();
    }
  },
};

function checkEqual(together: readonly Generation[], alone: readonly Generation[]): void {
  together.forEach(({ ids }, index) => {
    if (ids.join() !== alone[index]!.ids.join()) {
      throw new NumericError(`prompt ${index} is continued differently in a batch and alone`, {
        where: 'bench, check of what was timed',
        hint: 'run the tests of language-model',
      });
    }
  });
}
