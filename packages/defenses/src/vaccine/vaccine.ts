import { Random } from '@pharmacist/core';
import { type StepBatch, type StepGradient, supervised } from '@pharmacist/language-model';
import { float32, globalNorm, sizeOf } from '@pharmacist/tensor-kernels';
import { z } from 'zod';
import type { DefenseContext } from '../defense.ts';
import { defineDefense } from '../define-defense.ts';
import { gaussianNoise } from '../gaussian-noise.ts';
import { passInputs, passKey, passOptions, scalar, vaccineGradient } from './perturbed-gradient.ts';
import { noiseInput, noisyProgram, vaccineProgram } from './programs.ts';

const vaccineConfig = z.strictObject({
  /** Length of the joint perturbation, or variance of the noise. The authors' CLI says 2, their README 3, Booster's scripts 5. */
  rho: z.number().min(0).default(2),
  /** `random` is the ablation: noise N(0, rho I) instead of the gradient's direction. */
  perturbation: z.enum(['gradient', 'random']).default('gradient'),
  /** The accelerated form: only every so many steps are perturbed, from the first on; the others are plain. */
  everySteps: z.int().min(1).default(1),
});

/**
 * Vaccine (Huang et al. 2024, arXiv 2402.01109): train to be right where the hidden states are pushed the worst way.
 *   min_w max_{|eps| <= rho} L(w; a_l + eps_l),   eps_l = rho G_l / (|G| + 1e-7),  G_l = dL/da_l,  |G|^2 = sum_l |G_l|^2
 * a_l is the output of layer l's self-attention module after o_proj (paper: "hidden embedding"; the authors' code perturbs nothing else). One
 * norm joins all layers, rows and positions. eps is a constant to the second pass, whose gradient and loss are the step's.
 *
 * Cost of a step: 2 forward and 2 backward passes, the first of which forms no factor's gradient; `random` 1 and 1.
 * Both passes run as one compiled program, which computes what comes before the first attention output once.
 * With LoRA dropout both passes leave out the same, so that they stay exactly coupled (in the authors' code the masks differ). In the authors' repository `random` is
 * never dispatched, so that its script runs plain supervised fine-tuning; `everySteps` is in the paper (appendix) only.
 */
export const vaccine = defineDefense({
  name: 'vaccine',
  summary: 'trains under the worst joint perturbation of the attention outputs',
  source: 'arXiv 2402.01109, eq. 1 and algorithm 1',
  passes: '2F + 2B',
  config: vaccineConfig,
  needsHarmful: false,
  start(context, { rho, perturbation, everySteps }) {
    const { model, adapter, count, random } = context;
    const plain = supervised(model, adapter);
    const noiseSeed = perturbation === 'random' ? random.split('vaccine', 'noise').uint32() : undefined;
    const perturbed = noiseSeed === undefined ? worstCase(context, rho) : noisy(context, Math.sqrt(rho), new Random(noiseSeed));
    const numPasses = perturbation === 'random' ? 1 : 2;
    return {
      fingerprint: { method: 'vaccine', rho, perturbation, everySteps, noiseSeed },
      gradient: async (step) => {
        const isPlain = step.step % everySteps !== 0;
        const passes = isPlain ? 1 : numPasses;
        count('forward', passes, passes * step.batch.numRows);
        count('backward', passes, passes * step.batch.numRows);
        return isPlain ? await plain.gradient(step) : await perturbed(step);
      },
    };
  },
});

type Gradient = (step: StepBatch) => Promise<StepGradient>;

/** The gradient under the perturbation of length rho along the loss gradient. */
function worstCase({ model, adapter }: DefenseContext, rho: number): Gradient {
  const options = passOptions({ model, adapter });
  const program = model.adapterProgram(`vaccine ${passKey(options)}`, 'vaccine', () => vaccineProgram(options));
  return async ({ batch }) => await vaccineGradient(program, { model, adapter }, batch, rho);
}

/** The gradient under noise drawn for the step. */
function noisy({ model, adapter }: DefenseContext, deviation: number, random: Random): Gradient {
  const options = passOptions({ model, adapter });
  const program = model.adapterProgram(`noise ${passKey(options)}`, 'noise', () => noisyProgram(options));
  return async ({ step, batch }) => {
    const shape = [batch.batchSize * batch.sequenceLength, model.config.hiddenSize];
    const drawn = options.layers.map((layer) => gaussianNoise(random.split(step, layer), sizeOf(shape), deviation));
    const noise = drawn.map((values, layer) => [noiseInput(layer), float32(shape, values)] as const);
    const { outputs, ...gradients } = await program.run(adapter, { ...passInputs({ model }, batch), ...Object.fromEntries(noise) });
    const perturbationNorm = globalNorm(new Map(drawn.map((values, layer) => [String(layer), values])));
    return { loss: scalar(outputs['loss']!), ...gradients, facts: { perturbationNorm } };
  };
}
