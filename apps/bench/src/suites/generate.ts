/** Greedy decoding with the tiny model: 32 prompts in one batch beside the same prompts one by one. */
import { NumericError, Random } from '@pharmacist/core';
import { generate as generateText, type Generation, LanguageModel } from '@pharmacist/language-model';
import { createEngine } from '@pharmacist/tensor-kernels';
import { figure } from '../figure.ts';
import { interleave, timed } from '../harness.ts';
import { llamaConfig, randomModel, randomWeights, SHAPE_15M } from '../random-model.ts';
import { pairwiseRatios } from '../statistics.ts';
import type { Suite } from '../suite.ts';

const NUM_PROMPTS = 32;
const PROMPT_LENGTH = 48;
const NEW_TOKENS = 32;
const WARMUP = 1;

export const generate: Suite = {
  name: 'generate',
  summary: 'greedy decoding, 32 prompts at a time against one at a time',
  async run(context) {
    const rounds = context.rounds ?? (context.quick ? 1 : 5);
    const numPrompts = context.quick ? 4 : NUM_PROMPTS;
    const { engine } = await createEngine({ name: 'onnx' });
    try {
      const config = llamaConfig(SHAPE_15M);
      const model =
        context.model === undefined
          ? await randomModel(config, randomWeights(config, 'bench'), engine)
          : await LanguageModel.load(context.model, engine);
      const random = new Random('prompts');
      const prompts = Array.from({ length: numPrompts }, () =>
        Int32Array.from({ length: PROMPT_LENGTH }, () => random.integer(model.config.vocabSize)),
      );
      const run = async (batchSize: number) => await generateText(model, prompts, { maxNewTokens: NEW_TOKENS, batchSize, stopIds: [] });
      checkEqual(await run(numPrompts), await run(1));
      const together = timed('together', async () => await run(numPrompts));
      const alone = timed('alone', async () => await run(1));
      const values = await interleave([together, alone], { rounds, warmup: WARMUP });
      const [togetherMs, aloneMs] = [values.get(together.name)!, values.get(alone.name)!];
      const speed = (ms: number) => (numPrompts * NEW_TOKENS * 1000) / ms;
      return {
        figures: [
          figure(`${numPrompts} prompts in a batch`, 'tokens/s', togetherMs.map(speed)),
          figure('one prompt at a time', 'tokens/s', aloneMs.map(speed)),
          figure('one at a time / in a batch', 'ratio', pairwiseRatios(aloneMs, togetherMs)),
        ],
        notes: [
          `${NEW_TOKENS} new tokens after ${PROMPT_LENGTH}, reading the prompt included; both ways gave the same tokens before timing`,
          context.model === undefined ? 'random weights at the 15M shape' : `model: ${context.model}`,
        ],
        versions: engine.versions,
        protocol: { rounds, warmup: WARMUP, numPrompts, promptLength: PROMPT_LENGTH, newTokens: NEW_TOKENS },
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
        where: 'bench, check before timing',
        hint: 'run the tests of language-model',
      });
    }
  });
}
